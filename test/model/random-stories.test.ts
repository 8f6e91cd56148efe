import * as fc from 'fast-check';
import { STEPS, Story } from './story';
import { KINDS } from './strategies';

beforeEach(() => void jest.spyOn(console, 'log').mockImplementation());

/** As many as there is time for: about a hundred on a machine that does nothing else. */
const EFFORT = { numRuns: 100, interruptAfterTimeLimit: 6_000 };

test('whatever happens, in whatever order, the image released last runs and the tag names it', async () => {
  const stories = fc.record({
    steps: fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 8 }),
    strategy: fc.constantFrom(...Object.keys(KINDS)),
    tellsAll: fc.boolean(),
  });
  await fc.assert(fc.asyncProperty(stories, async ({ steps, strategy, tellsAll }) => {
    await Story.tell(steps, { tellsAll, place: KINDS[strategy] });
  }), EFFORT);
}, 30_000);

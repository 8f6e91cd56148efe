import type { ContainerCondition, ContainerDefinition } from '@aws-sdk/client-ecs';
import * as fc from 'fast-check';
import { OneOffWorld } from './one-off-world';
import { refuseContainers } from '../../support/doubles/fake-ecs';
import { tries } from '../../support/effort';

const CONDITIONS: ContainerCondition[] = ['START', 'HEALTHY', 'COMPLETE', 'SUCCESS'];

const FOUR = { minLength: 4, maxLength: 4 };

/** Containers that ECS takes: each waits for some of those before it in a random order, in which the application stands anywhere. */
const services: fc.Arbitrary<ContainerDefinition[]> = fc.tuple(
  fc.shuffledSubarray(['web', 'proxy', 'agent', 'setup'], { minLength: 1 }).filter((names) => names.includes('web')),
  fc.array(fc.record({ essential: fc.boolean(), healthy: fc.boolean(), waits: fc.array(fc.option(fc.constantFrom(...CONDITIONS)), FOUR) }), FOUR),
).map(([names, traits]) => names.map((name, index) => ({
  name, image: `${name}:1`, essential: traits[index].essential,
  ...traits[index].healthy ? { healthCheck: { command: ['CMD', 'true'] } } : {},
  dependsOn: names.slice(0, index).flatMap((containerName, before) => traits[index].waits[before] ? [{ containerName, condition: traits[index].waits[before]! }] : []),
}))).filter((containers) => {
  try {
    refuseContainers(containers);
    return true;
  } catch {
    return false;
  }
});

test('whatever a service holds, its one-off task is taken by ECS, or it is said what has no place beside it', async () => {
  jest.spyOn(console, 'log').mockImplementation();
  await fc.assert(fc.asyncProperty(services, fc.boolean(), fc.boolean(), async (containers, command, tests) => {
    const world = new OneOffWorld();
    world.ecs.definitions.get(world.ecs.service.taskDefinition!)!.definition.containerDefinitions = containers;
    world.settings = { ...world.settings, command: command ? ['migrate'] : undefined, tests: tests ? { image: 'tests:1' } : undefined };
    const { succeeded, message } = await world.runTask();
    const late = containers.some(({ dependsOn }) => dependsOn!.some(({ containerName, condition }) => containerName === 'web' && ['COMPLETE', 'SUCCESS'].includes(condition!)));
    expect(succeeded).toBe(!late);
    if (late) expect(message).toMatch(/has a container \w+ that waits for the end of web, with which a one-off task is over/);
  }), { numRuns: tries(30) });
});

import { ModelWorld } from './model-world';
import { failingAfter, idOf, templateOf, changes } from './templates';

let world: ModelWorld;
beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
});

describe.each([[true], [false]])('CloudFormation tells ECS everything: %s', tellsAll => {
  beforeEach(async () => {
    world = new ModelWorld({ tellsAll });
    await world.deploy(templateOf('nothing'));
  });

  test('the first image runs until something is released', () => {
    expect(world.stack.status).toBe('CREATE_COMPLETE');
    expect(world.running).toEqual([world.released, world.released]);
  });

  test.each(changes)('cdk deploy with %s changed', async change => {
    const digest = world.build();
    expect(await world.release(digest)).toMatchObject({ succeeded: true });
    expect(await world.deploy(templateOf(change))).toBe(true);
    expect(new Set(world.running)).toEqual(new Set([digest]));
    expect(world.running).toHaveLength(world.ecs.service.desiredCount!);
    expect(world.released).toBe(digest);
  });

  test.each(changes)('cdk deploy with %s changed, which fails and rolls back', async change => {
    const digest = world.build();
    await world.release(digest);
    const wanted = templateOf(change);
    expect(await world.deploy(failingAfter(wanted, idOf(wanted, 'AWS::ECS::Service')))).toBe(false);
    expect(world.running).toEqual([digest, digest]);
    expect(world.released).toBe(digest);
  });
});

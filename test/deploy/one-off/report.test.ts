import { strFromU8, unzipSync } from 'fflate';
import { OneOffWorld } from './one-off-world';
import { findReport } from '../../../src/deploy/one-off/result/report';
import { fate } from '../../support/doubles/fake-one-off-tasks';

const XML = ['<?xml version="1.0"?>', '<testsuites>', '<testsuite name="shop">',
  '<testcase classname="cart" name="adds a &gt; b" time="0.1"/>',
  '<testcase name=\'pays\' classname="cart"><failure message="x > y"><![CDATA[</testcase><testcase name="no case">]]></failure></testcase>',
  '<testcase name="ships"><error/></testcase>',
  '<testcase><skipped/></testcase>', '<!-- <testcase -->', '</testsuite>', '</testsuites>'];
const printed = (lines: string[]) => ['starting', '-----BEGIN JUNIT-----', ...lines, '-----END JUNIT-----', 'bye'];

test('a report is read', () => {
  expect(findReport(printed(XML))).toEqual({ xml: XML.join('\n'), cases: 4, skipped: 1, failed: ['cart pays', 'ships'] });
});

test.each<[string, string[], unknown]>([
  ['none', ['fine'], undefined],
  ['no end', ['-----BEGIN JUNIT-----', ...XML], 'the log has no line -----END JUNIT-----'],
  ['something else', printed(['{}']), 'it is no <testsuites> or <testsuite> from beginning to end'],
  ['half of it', printed(XML.slice(0, 5)), 'it is no <testsuites> or <testsuite> from beginning to end'],
  ['a case without an end', printed(['<testsuite>', '<testcase name="a">', '</testsuite>']), 'a <testcase> in it has no end'],
  ['a case whose beginning has no end', printed(['<testsuite>', '<testcase name="a', '</testsuite>']), 'a <testcase> in it has no end'],
  ['no tests', printed(['<testsuites/>']), { xml: '<testsuites/>', cases: 0, skipped: 0, failed: [] }],
  ['a case without a name', printed(['<testsuite><testcase><failure/></testcase></testsuite>']), expect.objectContaining({ failed: ['(no name)'] })],
  ['two reports: the last', [...printed(['<testsuite><testcase name="a"/></testsuite>']), ...printed(['<testsuite/>'])], expect.objectContaining({ cases: 0 })],
])('%s', (_, lines, found) => {
  expect(findReport(lines)).toEqual(found);
});

test('a large report without a single end is refused at once', () => {
  const before = Date.now();
  expect(findReport(printed(['<testsuite>', '<testcase name="a">'.repeat(200_000), '</testsuite>']))).toBe('a <testcase> in it has no end');
  expect(Date.now() - before).toBeLessThan(5_000);
});

describe('in an action', () => {
  let world: OneOffWorld;
  beforeEach(() => {
    jest.spyOn(console, 'log').mockImplementation();
    world = new OneOffWorld();
  });

  const artifact = () => Object.fromEntries(Object.entries(unzipSync(world.around.objects[0].Body)).map(([name, bytes]) => [name, strFromU8(bytes)]));

  test('the results stand in summary, variables and artifact', async () => {
    world.print('web', printed(XML));
    const { summaries, variables } = await world.runTask();
    expect(summaries.at(-1)).toBe('web exited with code 0 in production; 4 tests, 2 failed, 1 skipped');
    expect(variables).toMatchObject({ Tests: '4', FailedTests: '2', SkippedTests: '1' });
    expect(world.around.objects[0]).toMatchObject({ Bucket: 'artifacts', Key: 'shop/log/1' });
    expect(artifact()).toEqual({ 'report.xml': XML.join('\n'), 'task.log': `${printed(XML).join('\n')}\n` });
  });

  test('the failed tests stand in the message', async () => {
    world.print('web', printed(XML));
    world.ecs.oneOff.fates.push(fate.ends({ web: 1 }));
    expect((await world.failingTask()).details).toContain('4 tests, 2 failed, 1 skipped\nFailed: cart pays\nFailed: ships\n');
  });

  test('a report that cannot be read changes nothing: the exit code decides', async () => {
    world.print('web', printed(['{}']));
    const { succeeded, summaries, variables } = await world.runTask();
    expect([succeeded, summaries.at(-1)]).toEqual([true, 'web exited with code 0 in production; the JUnit report cannot be read: it is no <testsuites> or <testsuite> from beginning to end']);
    expect(Object.keys(variables)).toEqual(['TaskArn']);
    expect(Object.keys(artifact())).toEqual(['task.log']);
  });

  test('a long log is read from its end until the report begins, at most ten pages', async () => {
    world.around.pageLength = 4;
    world.print('web', [...Array.from({ length: 60 }, () => 'noise'), ...printed(XML)]);
    expect((await world.runTask()).summaries.at(-1)).toContain('4 tests');
    expect(world.around.inputs('GetLogEvents')).toHaveLength(4);
    world.print('web', Array.from({ length: 60 }, () => 'noise'), 'once2');
    await world.runTask();
    expect(world.around.inputs('GetLogEvents')).toHaveLength(14);
  });

  test('a short log is read once more to see that nothing is before', async () => {
    world.around.pageLength = 4;
    world.print('web', ['one', 'two']);
    await world.runTask();
    expect(world.around.inputs('GetLogEvents')).toHaveLength(2);
    expect(artifact()['task.log']).toBe('one\ntwo\n');
  });
});

import { App, Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CodeDeployGroup, FargateEnvironment, ReleaseRole, ReleaseTrust } from '../src';

const ecs = (resource: string, region = 'us-east-1', account = '222222222222') => `arn:aws:ecs:${region}:${account}:${resource}`;
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:222222222222:${resource}`;
const CLUSTER = ecs('cluster/shop');
const ROLE = 'arn:aws:iam::222222222222:role/web';
const OTHER_ROLE = 'arn:aws:iam::333333333333:role/web';
const GROUPS = ['blue', 'green'].map((name) => arn('elasticloadbalancing', `targetgroup/${name}/0123456789abcdef`));
const LISTENER = arn('elasticloadbalancing', 'listener/app/shop/0123456789abcdef/0123456789abcdef');

/** Each app makes a folder: this one has one stack after the other. */
const app = new App();

/** Lines of the error that is thrown, without its heading; none when nothing is thrown. */
function problems(make: (scope: Construct) => unknown): string[] {
  app.node.tryRemoveChild('Shop');
  try {
    make(new Stack(app, 'Shop', { env: { account: '222222222222', region: 'us-east-1' } }));
    return [];
  } catch (error) {
    expect((error as Error).message).toMatch(/^(ExistingEnvironment|ReleaseRole|CodeDeployGroup)( at 'Shop\/A'|\.policies) has \d+ problems?:\n/);
    return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
  }
}

const good = {
  place: { cluster: CLUSTER, service: 'web', releaseRoleArn: ROLE },
  role: { cluster: CLUSTER, service: 'web', taskFamily: 'web', passableRoleArns: [ROLE] },
  group: { cluster: CLUSTER, service: 'web', targetGroupArns: GROUPS, listenerArn: LISTENER, passableRoleArns: [ROLE] },
};
type Kind = keyof typeof good;
const make: Record<Kind, (props: object) => string[]> = {
  place: (props) => problems((scope) => FargateEnvironment.fromAttributes(scope, 'A', props as never)),
  role: (props) => problems((scope) => new ReleaseRole(scope, 'A', props as never)),
  group: (props) => problems((scope) => new CodeDeployGroup(scope, 'A', props as never)),
};

const ROLE_FORM = 'allowed arn:<partition>:iam::<account>:role/<name>; copy the ARN of the role';
const EITHER = (resource: string) => `allowed an ARN (arn:<partition>:ecs:<region>:<account>:${resource}) or a name; copy it`;

const ofService: [string, object, string][] = [
  ['no cluster', { cluster: undefined }, `cluster: got null; ${EITHER('cluster/<name>')}`],
  ['a cluster with a space', { cluster: 'my shop' }, `cluster: got 'my shop'; ${EITHER('cluster/<name>')}`],
  ['the ARN of something else as cluster', { cluster: ecs('service/shop/web') }, 'cluster: got'],
  ['a cut account', { cluster: 'arn:aws:ecs:us-east-1:2222:cluster/shop' }, 'cluster: got'],
  ['no service', { service: null }, `service: got null; ${EITHER('service/<cluster>/<name>')}`],
  ['a service with a slash', { service: 'shop/web' }, "service: got 'shop/web'"],
  ['a number as service', { service: 3 }, 'service: got 3'],
  ['a service of another cluster', { service: ecs('service/other/web') },
    `service: got '${ecs('service/other/web')}'; allowed a service of the cluster shop, as cluster says; take`],
  ['a service of another account', { service: ecs('service/shop/web', 'us-east-1', '333333333333') },
    `service: got '${ecs('service/shop/web', 'us-east-1', '333333333333')}'; allowed an ARN of the account 222222222222, as cluster says; take what stands in the same account`],
  ['a service of another region', { service: ecs('service/shop/web', 'eu-west-1') },
    `service: got '${ecs('service/shop/web', 'eu-west-1')}'; allowed an ARN of the region us-east-1, as cluster says; take what stands in the same region`],
];
const ofReleases: [string, object, string][] = [
  ['a repository by its name', { repositoryArn: 'shop' }, "repositoryArn: got 'shop'; allowed arn:<partition>:ecr:<region>:<account>:repository/<name>; copy"],
  ['a repository of another region', { repositoryArn: 'arn:aws:ecr:eu-west-1:222222222222:repository/shop' }, "repositoryArn: got 'arn:aws:ecr:eu-west-1:222222222222:repository/shop'; allowed an ARN of the region us-east-1"],
  ['one alarm', { alarmNames: 'errors' }, "alarmNames: got 'errors'; allowed a list; write it in brackets"],
  ['more alarms than CloudWatch is asked for', { alarmNames: Array.from({ length: 101 }, (_, index) => `alarm ${index}`) }, "alarmNames: got '101 alarms'; allowed at most 100; name those that"],
  ['an alarm pattern', { alarmNames: ['errors*'] }, "alarmNames[0]: got 'errors*'; allowed the name of an alarm, 1 to 255 characters; write its name"],
  ['an application without a name', { codeDeploy: { deploymentGroup: 'web' } }, 'codeDeploy.application: got null; allowed an ARN (arn:<partition>:codedeploy:<region>:<account>:application:<name>) or a name'],
  ['a group with a space', { codeDeploy: { application: 'web', deploymentGroup: 'my group' } }, "codeDeploy.deploymentGroup: got 'my group'"],
  ['a group of another application', { codeDeploy: { application: 'web', deploymentGroup: arn('codedeploy', 'deploymentgroup:shop/web') } },
    `codeDeploy.deploymentGroup: got '${arn('codedeploy', 'deploymentgroup:shop/web')}'; allowed a deployment group of that application; take`],
  ['a group of another account', { codeDeploy: { application: 'web', deploymentGroup: 'arn:aws:codedeploy:us-east-1:333333333333:deploymentgroup:web/web' } }, 'codeDeploy.deploymentGroup: got'],
  ['a name as codeDeploy', { codeDeploy: 'web' }, "codeDeploy: got 'web'; allowed options in braces; write"],
];

const rows: Record<Kind, [string, object, string][]> = {
  place: [
    ...ofService, ...ofReleases,
    ['no role', { releaseRoleArn: undefined }, `releaseRoleArn: got null; ${ROLE_FORM}`],
    ['a role by its name', { releaseRoleArn: 'release' }, `releaseRoleArn: got 'release'; ${ROLE_FORM}`],
    ['a role below a long path', { releaseRoleArn: `arn:aws:iam::222222222222:role/${'x'.repeat(240)}` }, "releaseRoleArn: got '271 characters'; allowed 250 characters; give the role a shorter path"],
    ['a user', { releaseRoleArn: 'arn:aws:iam::222222222222:user/me' }, 'releaseRoleArn: got'],
    ['a role of another account', { releaseRoleArn: OTHER_ROLE }, `releaseRoleArn: got '${OTHER_ROLE}'; allowed an ARN of the account 222222222222, as cluster says`],
    ['an external id of one letter', { externalId: 'x' }, "externalId: got 'x'; allowed 2 to 128 of"],
    ['a container with a dot', { containerName: 'a.b' }, "containerName: got 'a.b'; allowed 1 to 255 of A-Z a-z 0-9 _ -; take the name in the task definition"],
    ['one target group', { targetGroupArns: GROUPS[0] }, `targetGroupArns: got '${GROUPS[0]}'; allowed a list; write it in brackets`],
    ['a load balancer as target group', { targetGroupArns: [LISTENER] }, `targetGroupArns[0]: got '${LISTENER}'; allowed arn:<partition>:elasticloadbalancing:<region>:<account>:targetgroup/<name>/<id>; copy`],
    ['a target group of another account', { targetGroupArns: [GROUPS[0], GROUPS[1].replace('222222222222', '333333333333')] }, 'targetGroupArns[1]: got'],
    ['a text as names', { resourceNames: 'dev' }, "resourceNames: got 'dev'; allowed a ResourceNames; use one of the ResourceNames factories"],
    ['an address without protocol', { url: 'shop.example.com' }, "url: got 'shop.example.com'; allowed an address that begins with http:// or https://; write"],
    ['an architecture by its name', { cpuArchitecture: 'ARM64' }, "cpuArchitecture: got 'ARM64'; allowed an ecs.CpuArchitecture; take"],
    ['a hook at an event that does not exist', { codeDeploy: { application: 'web', deploymentGroup: 'web', hooks: { Later: 'ask' } } }, "codeDeploy.hooks.Later: got 'Later'; allowed BeforeInstall, AfterInstall"],
    ['a hook that is no function', { codeDeploy: { application: 'web', deploymentGroup: 'web', hooks: { AfterInstall: 'my function' } } },
      "codeDeploy.hooks.AfterInstall: got 'my function'; allowed the name or ARN of a function; write its name"],
    ['a hook without a function', { codeDeploy: { application: 'web', deploymentGroup: 'web', hooks: { AfterInstall: null } } }, 'codeDeploy.hooks.AfterInstall: got null'],
    ['a list of hooks', { codeDeploy: { application: 'web', deploymentGroup: 'web', hooks: ['ask'] } }, 'codeDeploy.hooks: got ["ask"]; allowed a map of events to functions; write'],
  ],
  role: [
    ...ofService, ...ofReleases,
    ['no family', { taskFamily: undefined }, 'taskFamily: got null; allowed 1 to 255 of A-Z a-z 0-9 _ -; take the family of the task definition, without its revision'],
    ['a revision', { taskFamily: 'web:3' }, "taskFamily: got 'web:3'"],
    ['no roles to pass', { passableRoleArns: [] }, 'passableRoleArns: got []; allowed at least one; name'],
    ['one role to pass', { passableRoleArns: ROLE }, `passableRoleArns: got '${ROLE}'; allowed at least one; name`],
    ['a role to pass by its name', { passableRoleArns: ['task'] }, `passableRoleArns[0]: got 'task'; ${ROLE_FORM}`],
    ['a role to pass of another account', { passableRoleArns: [OTHER_ROLE] }, `passableRoleArns[0]: got '${OTHER_ROLE}'; allowed an ARN of the account 222222222222, as cluster says`],
    ['the ARN of a log group', { logGroupName: arn('logs', 'log-group:/shop') }, 'logGroupName: got'],
    ['a configuration by its ARN', { codeDeploy: { application: 'a', deploymentGroup: 'b', deploymentConfigName: arn('codedeploy', 'deploymentconfig:c') } }, 'codeDeploy.deploymentConfigName: got'],
    ['an account as trust', { releaseTrust: '111111111111' }, "releaseTrust: got '111111111111'; allowed a ReleaseTrust; use one of the ReleaseTrust factories"],
    ['a trust that is wrong', { releaseTrust: ReleaseTrust.account('1') }, "releaseTrust.id: got '1'; allowed an account, 12 digits"],
    ['a long name', { roleName: 'x'.repeat(65) }, `roleName: got '${'x'.repeat(65)}'; allowed 1 to 64 of`],
    ['a service of another account than the stack', { cluster: ecs('cluster/shop', 'us-east-1', '333333333333'), passableRoleArns: [OTHER_ROLE] },
      'cluster: got \'an ARN of 333333333333\'; allowed an ARN of 222222222222, the account of the stack; take one of the same account'],
  ],
  group: [
    ...ofService,
    ['one target group', { targetGroupArns: [GROUPS[0]] }, 'targetGroupArns: got'],
    ['one target group twice', { targetGroupArns: [GROUPS[0], GROUPS[0]] }, 'targetGroupArns: got'],
    ['target groups by name', { targetGroupArns: ['blue', 'green'] }, "targetGroupArns[0]: got 'blue'; allowed arn:"],
    ['no listener', { listenerArn: undefined }, 'listenerArn: got null; allowed arn:<partition>:elasticloadbalancing:<region>:<account>:listener/app/<load balancer>/<id>/<id>; copy'],
    ['a listener of a network load balancer', { listenerArn: LISTENER.replace('/app/', '/net/') }, 'listenerArn: got'],
    ['the same listener for tests', { testListenerArn: LISTENER }, `testListenerArn: got '${LISTENER}'; allowed another listener than listenerArn; take`],
    ['a test listener by its port', { testListenerArn: '9000' }, "testListenerArn: got '9000'; allowed arn:"],
    ['no roles to pass', { passableRoleArns: undefined }, 'passableRoleArns: got []; allowed at least one; name'],
    ['roles that are no list', { passableRoleArns: 3 }, 'passableRoleArns: got 3; allowed at least one; name'],
    ['an alarm pattern', { alarmNames: ['*'] }, "alarmNames[0]: got '*'; allowed the name of an alarm"],
    ['more alarms than CodeDeploy takes', { alarmNames: Array.from({ length: 11 }, (_, index) => `alarm ${index}`) }, "alarmNames: got '11 alarms'; allowed at most 10; name those that tell most"],
    ['a hook by its name', { hookFunctionArns: ['ask'] }, "hookFunctionArns[0]: got 'ask'; allowed arn:<partition>:lambda:<region>:<account>:function:<name>; copy"],
    ['a routing by its name', { trafficRouting: 'canary' }, "trafficRouting: got 'canary'; allowed a TrafficRouting; use"],
    ['a long wait', { terminationWait: Duration.hours(48) }, "terminationWait: got '2 days'; allowed"],
    ['names by a text', { resourceNames: 'dev' }, "resourceNames: got 'dev'; allowed a ResourceNames; use"],
    ['a name with a space', { applicationName: 'my app' }, "applicationName: got 'my app'; allowed"],
    ['a service of another region than the stack', {
      cluster: ecs('cluster/shop', 'eu-west-1'), listenerArn: LISTENER.replace('us-east-1', 'eu-west-1'), targetGroupArns: GROUPS.map((group) => group.replace('us-east-1', 'eu-west-1')),
    }, "cluster: got 'an ARN of eu-west-1'; allowed an ARN of us-east-1, the region of the stack; take one of the same region"],
  ],
};

describe.each(Object.keys(rows) as Kind[])('one problem is one line that says what to do: %s', (kind) => {
  test('what is right is taken', () => expect(make[kind](good[kind])).toEqual([]));

  test.each(rows[kind])('%s', (_, changes, line) => {
    const [first, ...others] = make[kind]({ ...good[kind], ...changes });
    expect(first).toContain(line);
    expect(others.filter((other) => !/^targetGroupArns\[1\]/.test(other))).toEqual([]);
  });

  test.each([null, undefined, 3, 'web', []])('props %j', (value) => {
    expect(make[kind](value as never)).toEqual([expect.stringMatching(/^(props|attributes): got .*; allowed cluster, service/)]);
  });

  const NONSENSE: unknown[] = [null, 0, '', {}, [], NaN, () => 1, true, [null], { a: null }];
  const ALL = {
    place: ['cluster', 'service', 'repositoryArn', 'alarmNames', 'releaseRoleArn', 'externalId', 'containerName', 'targetGroupArns', 'codeDeploy', 'url', 'cpuArchitecture'],
    role: ['cluster', 'service', 'repositoryArn', 'alarmNames', 'taskFamily', 'passableRoleArns', 'logGroupName', 'codeDeploy', 'releaseTrust', 'roleName'],
    group: [
      'cluster', 'service', 'targetGroupArns', 'listenerArn', 'testListenerArn', 'passableRoleArns', 'alarmNames', 'hookFunctionArns', 'trafficRouting', 'terminationWait',
      'applicationName', 'deploymentGroupName', 'resourceNames',
    ],
  };

  /** Lists that may be empty. */
  const EMPTY: Record<Kind, string[]> = { place: ['alarmNames', 'targetGroupArns'], role: ['alarmNames'], group: ['alarmNames', 'hookFunctionArns'] };

  test.each(ALL[kind])('nonsense at %s is told, never a TypeError', (prop) => {
    for (const value of NONSENSE) {
      const lines = make[kind]({ ...good[kind], [prop]: value });
      expect([value, lines.length > 0]).toEqual([value, !(Array.isArray(value) && value.length === 0 && EMPTY[kind].includes(prop))]);
    }
  });
});

test('documents are printed only where account and region are known', () => {
  expect(problems(() => ReleaseRole.policies({ ...good.role, cluster: 'shop' }))).toEqual([
    "cluster: got 'shop'; allowed an ARN, since no stack tells account and region; write the ARN of the cluster",
  ]);
  expect(problems(() => ReleaseRole.policies({ ...good.role, cluster: 'shop', service: ecs('service/shop/web') }))).toEqual([]);
  expect(problems(() => ReleaseRole.policies({ ...good.role, taskFamily: '' }))).toHaveLength(1);
});

test('all problems are told together', () => {
  expect(make.place({})).toHaveLength(3);
  expect(make.role({})).toHaveLength(4);
  expect(make.group({})).toHaveLength(5);
});

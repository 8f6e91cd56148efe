import { ACCOUNT, REGION } from './account/providers';
import type { ModelWorld } from './model-world';
import { Story } from './story';
import { STRATEGIES } from './strategies';
import type { FakeService } from '../support/doubles/fake-service';

/** What AWS asks its policies for one call: may this be done to that, under these circumstances. */
interface Question {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string>;
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: Record<string, Record<string, string | string[]>>;
}

type Ask = (input: any, action: string) => Question[];

const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const on = (resource: (input: any) => string | string[], context?: (input: any) => Record<string, string>): Ask => (input, action) =>
  [resource(input)].flat().map(one => ({ action, resource: one, context: context?.(input) }));
const repository = on(({ registryId = ACCOUNT, repositoryName }) => `arn:aws:ecr:${REGION}:${registryId}:repository/${repositoryName}`);
const inCluster = ({ cluster }: any) => ({ 'ecs:cluster': cluster });
const clusterName = (cluster: string) => cluster.split('/')[1];
const group = ({ applicationName, deploymentGroupName }: any) => arn('codedeploy', `deploymentgroup:${applicationName}/${deploymentGroupName}`);
const anything = on(() => '*');

/** ECS numbers the revision, and asks further for its tags and for the roles that it names. */
const register: Ask = ({ family, tags, taskRoleArn, executionRoleArn }, action) => {
  const resource = arn('ecs', `task-definition/${family}:7`);
  return [
    { action, resource },
    ...(tags.length > 0 ? [{ action: 'ecs:TagResource', resource, context: { 'ecs:CreateAction': 'RegisterTaskDefinition' } }] : []),
    ...[taskRoleArn, executionRoleArn].map(role => ({ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } })),
  ];
};

/** CodeDeploy asks further for the revision and the configuration. */
const createDeployment: Ask = (input, action) => [
  { action, resource: group(input) },
  ...['codedeploy:GetApplicationRevision', 'codedeploy:RegisterApplicationRevision'].map(each => ({ action: each, resource: arn('codedeploy', `application:${input.applicationName}`) })),
  { action: 'codedeploy:GetDeploymentConfig', resource: arn('codedeploy', 'deploymentconfig:CodeDeployDefault.ECSAllAtOnce') },
];

/**
 * What a call touches, by the resource types of the service authorization reference.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const questionsOf = ({ codeDeploy }: ModelWorld): Record<string, Record<string, Ask>> => ({
  ecs: {
    DescribeServices: on(({ services }) => services, inCluster),
    ListServiceDeployments: on(({ service }) => service),
    UpdateService: on(({ service }) => service, inCluster),
    DescribeServiceDeployments: on(({ serviceDeploymentArns }) => serviceDeploymentArns),
    StopServiceDeployment: on(({ serviceDeploymentArn }) => serviceDeploymentArn),
    DescribeServiceRevisions: on(({ serviceRevisionArns }) => serviceRevisionArns),
    DescribeTaskDefinition: anything,
    RegisterTaskDefinition: register,
    ListTasks: on(({ cluster }) => arn('ecs', `container-instance/${clusterName(cluster)}/any`), inCluster),
    DescribeTasks: on(({ tasks }) => tasks, inCluster),
  },
  ecr: {
    BatchGetImage: repository,
    BatchCheckLayerAvailability: repository,
    InitiateLayerUpload: repository,
    UploadLayerPart: repository,
    CompleteLayerUpload: repository,
    PutImage: repository,
    DescribeRepositories: (input, action) => input.repositoryNames.flatMap((repositoryName: string) => repository({ ...input, repositoryName }, action)),
  },
  codedeploy: {
    CreateDeployment: createDeployment,
    ListDeployments: on(group),
    GetDeployment: on(() => group(codeDeploy.group)),
    BatchGetDeployments: on(() => group(codeDeploy.group)),
    BatchGetDeploymentTargets: anything,
    StopDeployment: anything,
  },
  ssm: { GetParameter: on(({ Name }) => arn('ssm', `parameter${Name}`)) },
  cloudformation: { DescribeStacks: on(({ StackName }) => StackName) },
  cloudwatch: { DescribeAlarms: on(({ AlarmNames }) => AlarmNames.map((name: string) => arn('cloudwatch', `alarm:${name}`))) },
  elasticloadbalancing: { DescribeTargetHealth: anything },
  logs: { GetLogEvents: on(({ logGroupName, logStreamName }) => arn('logs', `log-group:${logGroupName}:log-stream:${logStreamName}`)) },
});

const list = (value: string | string[]): string[] => [value].flat();
const matches = (pattern: string, text: string): boolean => new RegExp(`^${pattern.split('*').map(part => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('.*')}$`).test(text);
/** StringEquals and ArnEquals, which are all that the release role has. */
const holds = (condition: Statement['Condition'] = {}, context: Question['context'] = {}): boolean =>
  Object.values(condition).every(keys => Object.entries(keys).every(([key, value]) => context[key] !== undefined && list(value).some(pattern => matches(pattern, context[key]))));
const allows = (statements: Statement[], { action, resource, context }: Question): boolean => statements.some(statement =>
  list(statement.Action).includes(action) && list(statement.Resource).some(pattern => matches(pattern, resource)) && holds(statement.Condition, context));

/** Everything that AWS asked about what the release role did in this world. */
function questions(world: ModelWorld): Question[] {
  const services = [world.ecs, world.ecr, world.codeDeploy, world.around] as FakeService[];
  const byCommand = Object.entries(questionsOf(world)).flatMap(([service, asks]) => Object.entries(asks).map(([command, ask]) => [command, { service, ask }] as const));
  const known = new Map(byCommand);
  return services.flatMap(({ calls }) => calls).filter(({ caller }) => caller.accessKeyId === 'release-role').flatMap(({ command, input }) => {
    const { service, ask } = known.get(command)!;
    return ask(input, `${service}:${command}`);
  });
}

const rightsOf = ({ stack }: ModelWorld): Statement[] => stack.findAll(/ReleaseRoleRights/).flatMap(({ properties }) => properties.PolicyDocument.Statement);

const STORY = [
  'release an image', 'release an image that crashes', 'release an image that makes an alarm ring', 'cdk deploy, CPU changed, during a release',
  'two releases at the same moment', 'release the image before the last one again',
];

describe.each(Object.entries(STRATEGIES))('the release role, %s', (name, place) => {
  let world: ModelWorld;
  let asked: Question[];
  beforeAll(async () => {
    jest.spyOn(console, 'log').mockImplementation();
    ({ world } = await Story.tell(STORY, { place }));
    asked = questions(world);
  });

  test('may touch everything that a story of releases touches', () => {
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter(question => !allows(rightsOf(world), question))).toEqual([]);
  });

  test('has no resource that no call of the story touches, but those of one-off tasks', () => {
    const ofOneOffTasks = ({ Action, Resource }: Statement): boolean => `${Resource}`.endsWith('-one-off:*') || ['ecs:TagResource', 'ecs:StopTask'].includes(`${Action}`) && `${Resource}`.includes(':task/');
    const unused = rightsOf(world).flatMap(({ Action, Resource, Condition }) => list(Resource).map(resource => ({ Action, Resource: resource, Condition })))
      .filter(statement => !ofOneOffTasks(statement))
      .filter(statement => !asked.some(question => allows([statement], question)));
    // ECS asks for the service beside its deployments and revisions. What crashes while traffic shifts leaves no tasks in this model, and so no log to read.
    const leavesLogs = name === 'rolling' || name === 'codeDeploy';
    expect(unused.filter(({ Action, Resource }) => Resource !== world.place.serviceArn && (leavesLogs || Action !== 'logs:GetLogEvents'))).toEqual([]);
  });

  test.each<[string, (statement: Statement) => Statement]>([
    ['of another place', statement => ({ ...statement, Resource: list(statement.Resource).map(resource => resource === '*' ? '*' : `${resource}-other`) })],
    ['under another condition', statement => ({ ...statement, Condition: { StringEquals: { 'aws:RequestedRegion': 'mars-1' } } })],
  ])('a policy %s is noticed', (__, change) => {
    const rights = rightsOf(world).map(change);
    expect(asked.filter(question => question.resource !== '*' && allows(rights, question))).toEqual([]);
  });
});

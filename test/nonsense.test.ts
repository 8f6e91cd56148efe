import * as fs from 'fs';
import * as path from 'path';
import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as ts from 'typescript';
import * as library from '../src';
import { givenNetwork } from './support/bare-place';
import { Choice } from '../src/private/problems';

/** What JavaScript and Python may hand over, whatever the compiler would say. */
const NONSENSE: [string, unknown][] = [
  ['null', null], ['0', 0], ["''", ''], ['{}', {}], ['[]', []], ['NaN', NaN], ['a function', () => 1], ['true', true], ['[null]', [null]], ['{ a: null }', { a: null }],
];

interface Option { readonly name: string; readonly type: string }

/** Structs of the source, by name, and factories of its classes, by class and name. */
const structs = new Map<string, { own: Option[]; parents: string[] }>();
const factories = new Map<string, Option[]>();

const isChoice = (name = ''): boolean => (library as unknown as Record<string, { prototype?: unknown }>)[name]?.prototype instanceof Choice;

const SRC = path.resolve(__dirname, '../src');
const isInternal = (node: ts.Node): boolean => /@internal/.test((node as unknown as { jsDoc?: ts.JSDoc[] }).jsDoc?.map((doc) => doc.getText()).join() ?? '');
const optionOf = (node: ts.PropertySignature | ts.ParameterDeclaration): Option => ({ name: node.name.getText(), type: node.type!.getText() });

for (const file of fs.readdirSync(SRC, { recursive: true, encoding: 'utf-8' }).filter((name) => name.endsWith('.ts'))) {
  for (const node of ts.createSourceFile(file, fs.readFileSync(path.join(SRC, file), 'utf-8'), ts.ScriptTarget.ES2022, true).statements) {
    if (ts.isInterfaceDeclaration(node) && !/^I[A-Z]/.test(node.name.text)) {
      structs.set(node.name.text, {
        own: node.members.filter(ts.isPropertySignature).filter((member) => !isInternal(member)).map(optionOf),
        parents: node.heritageClauses?.flatMap(({ types }) => types.map((type) => type.getText())) ?? [],
      });
    }
    if (ts.isClassDeclaration(node) && isChoice(node.name?.text)) {
      node.members.filter(ts.isMethodDeclaration).filter((member) => !isInternal(member) && member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword))
        .forEach((member) => factories.set(`${node.name!.text}.${member.name.getText()}`, member.parameters.map(optionOf)));
    }
  }
}

const optionsOf = (struct: string): Option[] => {
  const { own, parents } = structs.get(struct)!;
  return [...parents.flatMap(optionsOf), ...own];
};

type Props = Partial<Record<keyof library.FargateCicdPipelineProps, unknown>>;
type Make = (...args: any[]) => any;

/** Where the choices of a class go. */
const PLACES: Record<string, (choice: any) => Props> = {
  Approval: (approval) => ({ approval }),
  Balancing: (balancing) => ({ loadBalancer: library.LoadBalancer.internal({ balancing }) }),
  BuildCache: (cache) => ({ imageBuild: library.ImageBuild.dockerfile({ cache }) }),
  BuildRepository: (repository) => ({ repository }),
  BuildSecret: (secret) => ({ imageBuild: library.ImageBuild.dockerfile({ secrets: { NPM: secret } }) }),
  Capacity: (capacity) => ({ capacity }),
  Check: (check) => ({ checks: [check] }),
  CircuitBreaker: (circuitBreaker) => ({ deployStrategy: library.DeployStrategy.rolling({ circuitBreaker }) }),
  Cluster: (cluster) => ({ cluster }),
  Dashboard: (dashboard) => ({ dashboard }),
  DeployHook: (hook) => ({ deployStrategy: library.DeployStrategy.blueGreen({ hooks: [hook], testListener: {} }) }),
  DeploymentHistory: (history) => ({ history }),
  DeployStrategy: (deployStrategy) => ({ deployStrategy }),
  Egress: (egress) => ({ network: library.Network.create({ egress }) }),
  Encryption: (encryption) => ({ encryption }),
  ExecuteCommand: (executeCommand) => ({ executeCommand, ...(executeCommand._cluster === 'existing' ? { cluster: library.Cluster.fromCluster(theirCluster()) } : {}) }),
  FirstImage: (firstImage) => ({ container: { firstImage } }),
  ImageBuild: (imageBuild) => ({ imageBuild }),
  LoadBalancer: (loadBalancer) => ({ loadBalancer }),
  Network: (network) => ({ network }),
  Notification: (notification) => ({ notifications: [notification] }),
  PipelineAlarm: (alarm) => ({ pipelineAlarms: [alarm] }),
  ReleaseAction: (releaseAction) => ({ releaseAction }),
  ReleaseTrust: (releaseTrust) => ({ releaseTrust }),
  ResourceNames: (resourceNames) => ({ resourceNames }),
  Scaling: (scaling) => ({ scaling }),
  ServiceAlarm: (alarm) => ({ alarms: [alarm] }),
  ServiceConnect: (serviceConnect) => ({ serviceConnect }),
  ServiceDiscovery: (serviceDiscovery) => ({ serviceDiscovery }),
  Sidecar: (sidecar) => ({ container: { sidecars: [sidecar] } }),
  Source: (source) => ({ source }),
  StageCondition: (condition) => ({ releaseConditions: { before: [condition] } }),
  StageFailure: (onReleaseFailure) => ({ onReleaseFailure }),
  Stickiness: (stickiness) => ({ loadBalancer: library.LoadBalancer.internal({ stickiness }) }),
  TargetProtocol: (protocol) => ({ loadBalancer: library.LoadBalancer.internal({ protocol }) }),
  TaskPlace: (place) => ({ checks: [library.Check.task('Integration', { place })] }),
  TaskReport: (report) => ({ checks: [library.Check.task('Integration', { report })] }),
  TrafficRouting: (trafficRouting) => ({ deployStrategy: library.DeployStrategy.codeDeploy({ trafficRouting }) }),
  WebAcl: (webAcl) => ({ loadBalancer: library.LoadBalancer.internal({ webAcl }) }),
  Volume: (volume) => ({ container: { volumes: [volume] } }),
};

/** Arguments of factories that need some. */
const NEEDED: Record<string, (scope: Stack) => unknown[]> = {
  'BuildCache.fromBucket': (scope) => [new s3.Bucket(scope, 'Needed')],
  'BuildRepository.fromRepository': (scope) => [new ecr.Repository(scope, 'Needed')],
  'BuildSecret.fromParameterStore': () => ['/a'],
  'BuildSecret.fromSecretsManager': (scope) => [new secretsmanager.Secret(scope, 'Needed')],
  'Check.action': () => [new actions.ManualApprovalAction({ actionName: 'Legal' })],
  'Check.commands': () => ['Lint', { commands: ['make'] }],
  'Check.http': () => [{ url: 'https://shop.example.com' }],
  'Check.invokeFunction': (scope) => ['Ask', handler(scope)],
  'Check.task': () => ['Integration'],
  'CircuitBreaker.failedPercent': () => [50],
  'CircuitBreaker.failedTasks': () => [3],
  'Cluster.fromCluster': (scope) => [new ecs.Cluster(scope, 'Needed')],
  'DeployHook.ecs': (scope) => [handler(scope), { stages: [ecs.DeploymentLifecycleStage.POST_SCALE_UP] }],
  'Encryption.fromKey': (scope) => [new kms.Key(scope, 'Needed')],
  'FirstImage.fromRepository': (scope) => [new ecr.Repository(scope, 'Needed'), 'v1'],
  'LoadBalancer.fromListener': (scope) => [listener(scope), { host: 'shop.example.com', priority: 1 }],
  'Network.fromVpc': (scope) => [new ecs.Cluster(scope, 'Needed').vpc],
  'Notification.email': () => ['a@example.com'],
  'Notification.topic': (scope) => [new sns.Topic(scope, 'Needed')],
  'ReleaseTrust.account': () => ['111111111111'],
  'ReleaseTrust.organization': () => ['o-0123456789', { accounts: ['111111111111'] }],
  'ReleaseTrust.role': () => ['arn:aws:iam::111111111111:role/release-function-shop'],
  'ResourceNames.suffixed': () => [{ suffix: 'dev' }],
  'Scaling.fixed': () => [1],
  'Scaling.onRequests': () => [{ requestsPerTask: 100 }],
  'StageCondition.alarm': (scope) => [cloudwatch.Alarm.fromAlarmArn(scope, 'Needed', 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:errors')],
  'StageCondition.deploymentWindow': () => [{ cron: '* * 9-16 ? * MON-THU *' }],
  'Scaling.onSchedule': () => [{ schedules: [{ schedule: autoscaling.Schedule.rate(Duration.days(1)), minTasks: 1 }] }],
  'ServiceConnect.client': (scope) => [new cloudmap.HttpNamespace(scope, 'Needed', { name: 'shop' })],
  'ServiceConnect.server': (scope) => [new cloudmap.HttpNamespace(scope, 'Needed', { name: 'shop' })],
  'ServiceDiscovery.fromNamespace': (scope) => [new cloudmap.PrivateDnsNamespace(scope, 'Needed', { name: 'shop', vpc: new ec2.Vpc(scope, 'TheirVpc') })],
  'ServiceDiscovery.privateDns': () => ['shop.internal'],
  'Sidecar.container': () => ['proxy', { image: ecs.ContainerImage.fromRegistry('nginx') }],
  'Source.codeCommit': (scope) => [new codecommit.Repository(scope, 'Needed', { repositoryName: 'shop' })],
  'Source.gitHub': () => ['acme/shop'],
  'Volume.disk': () => ['/data'],
  'Volume.efs': (scope) => [fileSystem(scope), '/data'],
  'Volume.fromAccessPoint': (scope) => [new efs.AccessPoint(scope, 'Point', { fileSystem: fileSystem(scope) }), '/data'],
  'Volume.memory': () => ['/tmp'],
  'TaskPlace.inCluster': (scope) => [{
    cluster: ecs.Cluster.fromClusterArn(scope, 'Needed', 'arn:aws:ecs:eu-west-1:111111111111:cluster/shop'), subnetIds: ['subnet-11111111'],
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'NeededGroup', 'sg-11111111')],
  }],
  'TaskPlace.ofService': (scope) => [new library.FargateEnvironment(scope, 'Needed')],
  'Source.gitHubToken': (scope) => ['acme/shop', { token: new secretsmanager.Secret(scope, 'Needed') }],
  'WebAcl.fromArn': () => ['arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/shop/1'],
};

const theirCluster = () => new ecs.Cluster(new Stack(app, `Theirs${app.node.children.length}`), 'Cluster');

const fileSystem = (scope: Stack) => new efs.FileSystem(scope, 'Needed', { vpc: new ec2.Vpc(scope, 'TheirVpc') });
const listener = (scope: Stack) => elbv2.ApplicationListener.fromApplicationListenerAttributes(scope, 'Needed', {
  listenerArn: Token.asString({ Ref: 'ListenerArn' }), securityGroup: ec2.SecurityGroup.fromSecurityGroupId(scope, 'NeededGroup', 'sg-11111111'),
});

const handler = (scope: Stack) => new lambda.Function(scope, 'Needed', {
  runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
});

/** What a type admits of the nonsense. */
function fits(type: string, value: unknown): boolean {
  if (type.endsWith('[]')) return Array.isArray(value) && value.every((element) => fits(type.slice(0, -2), element));
  if (type.startsWith('{')) return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
  if (structs.has(type) || type === 'ec2.SubnetSelection') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type && !Number.isNaN(value);
}

/** One for all stacks: each makes a folder. */
const app = new App();

const network = givenNetwork(new Stack(app, 'Given'));

/** As little as there can be around one option: what is taken is built each time. */
const smallest: Props = {
  source: library.Source.gitHub('acme/shop'), network, encryption: library.Encryption.awsManaged(),
  alarms: [], pipelineAlarms: [], notifications: [], checks: [], dashboard: library.Dashboard.none(), history: library.DeploymentHistory.none(),
};
/** How a construct answers; undefined: it takes it. */
function answerTo(props: (scope: Stack) => Props): Error | undefined {
  app.node.tryRemoveChild('Shop');
  const scope = new Stack(app, 'Shop');
  try {
    new library.FargateCicdPipeline(scope, 'Shop', { ...smallest, ...props(scope) } as library.FargateCicdPipelineProps);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** What is wrong with the answers to nonsense at one option. */
const wrongAnswers = ({ type }: Option, props: (scope: Stack, value: unknown) => Props): string[] => NONSENSE.flatMap(([name, value]) => {
  const answer = answerTo((scope) => props(scope, value));
  if (!answer) return fits(type, value) ? [] : [`${name} is taken for ${type}`];
  return /^FargateCicdPipeline at 'Shop\/Shop' has \d+ problems?:\n/.test(answer.message) ? [] : [`${name}: ${answer.name}: ${answer.message.split('\n')[0]}`];
});

test('every choice has its place here', () => {
  expect(Object.keys(PLACES).sort()).toEqual(Object.keys(library).filter(isChoice).sort());
});

/** Every option, of whatever a factory takes and of what stands in there: how to hand a value over at it. */
const cases: [string, Option, (scope: Stack, value: unknown) => Props][] = [];

function collect(label: string, struct: string, place: (scope: Stack, options: object) => Props): void {
  for (const option of optionsOf(struct)) {
    const set = (scope: Stack, value: unknown) => place(scope, { [option.name]: value });
    cases.push([`${label}.${option.name}`, option, set]);
    const inner = option.type.replace(/\[\]$/, '');
    if (structs.has(inner)) collect(`${label}.${option.name}`, inner, (scope, options) => set(scope, option.type === inner ? options : [options]));
  }
}

for (const [factory, parameters] of factories) {
  const [type, method] = factory.split('.');
  const make = (library as unknown as Record<string, Record<string, Make>>)[type][method].bind((library as any)[type]);
  parameters.forEach((parameter, index) => {
    const set = (merge: (needed: any, value: any) => unknown) => (scope: Stack, value: unknown) => {
      const args = NEEDED[factory]?.(scope) ?? [];
      args[index] = merge(args[index], value);
      return PLACES[type](make(...args));
    };
    cases.push([`${factory}(${parameter.name})`, parameter, set((_, value) => value)]);
    if (structs.has(parameter.type)) collect(`${factory}(${parameter.name})`, parameter.type, set((needed, value) => ({ ...needed, ...value })));
  });
}
collect('props', 'FargateCicdPipelineProps', (_, props) => props as Props);

test.each(cases)('%s', (_, option, props) => {
  expect(wrongAnswers(option, props)).toEqual([]);
});

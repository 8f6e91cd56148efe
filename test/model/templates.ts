import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template as Assertions } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Template } from './account/cloudformation';
import { KINDS } from './strategies';
import { Dashboard, FargateCicdPipeline, type FargateCicdPipelineProps, FargateEnvironment, type FargateEnvironmentProps, Scaling, ServiceAlarm, Source } from '../../src';
import { givenNetwork } from '../support/bare-place';

/** Without what is no part of a template and costs a third of the time. */
const QUICK = { treeMetadata: false, stackTraces: false, analyticsReporting: false };

type Props = (stack: Stack) => FargateEnvironmentProps;

/** Name of a variable with which every image crashes. */
export const POISONOUS = 'POISON';

/** What a user may change on a living place, one at a time. */
export const CHANGES = {
  'nothing': () => ({}),
  'CPU': () => ({ container: { cpu: 1024 } }),
  'a variable': () => ({ container: { environment: { COLOUR: 'blue' } } }),
  'a secret': stack => ({ container: { secrets: { KEY: ecs.Secret.fromSsmParameter(secret(stack)) } } }),
  'the desired count': () => ({ scaling: Scaling.fixed(3) }),
  'the subnets': stack => ({ network: givenNetwork(stack, ['subnet-55555555', 'subnet-66666666']) }),
  'the health check': () => ({ container: { healthCheck: { path: '/health', gracePeriod: Duration.minutes(2) } } }),
  'an alarm\'s threshold': () => ({
    alarms: [ServiceAlarm.cpu({ threshold: 50 }), ServiceAlarm.memory(), ServiceAlarm.http5xx(), ServiceAlarm.latency(), ServiceAlarm.unhealthyHosts()],
  }),
  'the port': () => ({ container: { port: 8080 } }),
} satisfies Record<string, Props>;

export type Change = keyof typeof CHANGES;

export const changes = Object.keys(CHANGES) as Change[];

/** What ECS lets nobody change in a service that CodeDeploy deploys. */
export const REFUSED_UNDER_CODE_DEPLOY: Change[] = ['the subnets', 'the port'];

/** A change with which no task starts. */
const POISON = { 'a variable that no image bears': () => ({ container: { environment: { [POISONOUS]: 'yes' } } }) } satisfies Record<string, Props>;

const made = new Map<string, Template>();

/** The template of a place, with this changed, as it is synthesized. */
export function templateOf(change: Change | keyof typeof POISON, place = KINDS.rolling): Template {
  const name = `${change} ${JSON.stringify(place)}`;
  if (!made.has(name)) made.set(name, synthesizedPlace(change, place));
  return made.get(name)!;
}

/** The same, synthesized anew. */
export function synthesizedPlace(name: Change | keyof typeof POISON, place: FargateEnvironmentProps): Template {
  const changed: Props = { ...CHANGES, ...POISON }[name];
  return synthesized(stack => {
    const change = changed(stack);
    new FargateEnvironment(stack, 'Place', { notifications: [], dashboard: Dashboard.none(), network: change.network ?? givenNetwork(stack), ...place, ...change });
  });
}

/** The template of a place and its pipeline. */
export function wholeTemplate(removalPolicy: RemovalPolicy, place: Omit<FargateCicdPipelineProps, 'source' | 'removalPolicy'> = {}): Template {
  return synthesized(stack => void new FargateCicdPipeline(stack, 'Shop', { ...place, source: Source.gitHub('acme/shop'), removalPolicy }));
}

/** The template with a resource that cannot be made, right after this one. */
export function failingAfter(template: Template, logicalId: string): Template {
  return { Resources: { Broken: { Type: 'Test::Broken', DependsOn: logicalId }, ...template.Resources } };
}

/** Logical id of the one resource of this type. */
export function idOf({ Resources }: Template, type: string): string {
  const [[id], ...others] = Object.entries(Resources).filter(([, { Type }]) => Type === type);
  if (others.length > 0) throw new Error(`several resources are ${type}`);
  return id;
}

function synthesized(fill: (stack: Stack) => void): Template {
  const stack = new Stack(new App(QUICK), 'Shop');
  fill(stack);
  return Assertions.fromStack(stack).toJSON() as Template;
}

function secret(stack: Stack): ssm.IStringParameter {
  return ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Key', { parameterName: '/shop/key' });
}

import type { Properties, Template } from './account/cloudformation';

/** A wait of a release. */
export interface Wait {
  readonly name: string;
  readonly seconds: number;
}

/** How long something lasts that AWS hardly documents, in seconds: sources are in docs/decisions/0018-how-long-a-release-takes.md. */
export const TAKES = {
  push: 5,
  source: 4,
  handover: 1,
  /** Queue, host, source; where CodeBuild has the image on its hosts. */
  buildInImageOfAws: 7,
  /** The same, and the image is fetched. */
  buildInOtherImage: 18,
  /** The release function until ECS is told, or CodePipeline's own action. */
  telling: 5,
  changeSet: 10,
  /** From ECS's start of tasks until they are registered at the load balancer. */
  tasks: 41,
  /** ECS looks at a service about as often, and acts then. */
  step: 10,
};

/** What Elastic Load Balancing and ECS do where a template is silent. */
const DEFAULTS = { interval: 30, healthyChecks: 5, deregistrationDelay: 300, desiredCount: 1, minimumHealthyPercent: 100, maximumPercent: 200 };

/**
 * What a rolling release waits for, from a push until all requests go to new tasks. What is the user's own is not in it: the work of the image build, of tests and scans, a person who
 * approves, the start of the application, the size of its image.
 */
export function waits(road: Template, place = road): Wait[] {
  const steps = stepsOf(road);
  return [
    { name: 'push until the pipeline starts', seconds: TAKES.push },
    ...steps.map((actions) => slowest(actions.map((action) => startOf(action, road)))).filter(({ seconds }) => seconds > 0),
    { name: 'from one action to the next', seconds: (steps.length - 1) * TAKES.handover },
    ...rollout(place),
  ];
}

/** How long old tasks may finish what they began once they get no new requests. */
export function drainingOf({ Resources }: Template): number {
  const attributes: Properties[] = targetGroupOf(Resources).TargetGroupAttributes ?? [];
  return Number(attributes.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds')?.Value ?? DEFAULTS.deregistrationDelay);
}

export const sum = (parts: Wait[]): number => parts.reduce((total, { seconds }) => total + seconds, 0);

/** Actions that run side by side, one step after another. */
function stepsOf({ Resources }: Template): Properties[][] {
  return firstOf(Resources, 'AWS::CodePipeline::Pipeline').Stages.flatMap(({ Actions }: Properties) => {
    const orders = [...new Set<number>(Actions.map(({ RunOrder = 1 }) => RunOrder))].sort((one, other) => one - other);
    return orders.map((order) => Actions.filter(({ RunOrder = 1 }) => RunOrder === order));
  });
}

const slowest = (starts: Wait[]): Wait => starts.reduce((one, other) => other.seconds > one.seconds ? other : one);

/** How long an action takes before and beside its own work. */
function startOf({ Name: name, ActionTypeId: { Category, Provider }, Configuration }: Properties, { Resources }: Template): Wait {
  if (Category === 'Source') return { name, seconds: TAKES.source };
  switch (Provider) {
    case 'CodeBuild': {
      const { Image } = Resources[Configuration.ProjectName.Ref].Properties!.Environment;
      return { name: `${name}: its container starts`, seconds: Image.startsWith('aws/codebuild/') ? TAKES.buildInImageOfAws : TAKES.buildInOtherImage };
    }
    case 'Manual': return { name, seconds: 0 };
    case 'CloudFormation': return { name, seconds: TAKES.changeSet };
    case 'ECS': case 'Lambda': return { name: `${name}: until ECS is told`, seconds: TAKES.telling };
    default: throw new Error(`nobody has said how long ${Provider} takes`);
  }
}

/** New tasks come in waves when the limits do not let all of them start at once; each wave but the last waits for its old tasks to be gone. */
function rollout(place: Template): Wait[] {
  const { HealthCheckIntervalSeconds = DEFAULTS.interval, HealthyThresholdCount = DEFAULTS.healthyChecks } = targetGroupOf(place.Resources);
  const { DesiredCount = DEFAULTS.desiredCount, DeploymentConfiguration: limits = {} } = firstOf(place.Resources, 'AWS::ECS::Service');
  const { MinimumHealthyPercent = DEFAULTS.minimumHealthyPercent, MaximumPercent = DEFAULTS.maximumPercent } = limits;
  const room = Math.floor(DesiredCount * MaximumPercent / 100) - Math.ceil(DesiredCount * MinimumHealthyPercent / 100);
  const waves = Math.ceil(DesiredCount / room);
  // ECS sees at its next look that the checks are passed.
  const checks = Math.ceil(HealthCheckIntervalSeconds * HealthyThresholdCount / TAKES.step) * TAKES.step;
  return [
    { name: 'new tasks start', seconds: waves * TAKES.tasks },
    { name: 'they pass their health checks', seconds: waves * checks },
    { name: 'old tasks get no more requests', seconds: waves * TAKES.step + (waves - 1) * drainingOf(place) },
  ];
}

/** The target group that the service registers its tasks in. */
function targetGroupOf(resources: Template['Resources']): Properties {
  const [{ TargetGroupArn }] = firstOf(resources, 'AWS::ECS::Service').LoadBalancers;
  return resources[TargetGroupArn.Ref].Properties!;
}

const firstOf = (resources: Template['Resources'], type: string): Properties => Object.values(resources).find(({ Type }) => Type === type)!.Properties!;

import {
  BatchGetDeploymentsCommand, BatchGetDeploymentTargetsCommand, CodeDeployClient, CreateDeploymentCommand, type DeploymentInfo, type ECSTarget, GetDeploymentCommand,
  type LifecycleEvent, ListDeploymentsCommand, StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import type { Task } from '@aws-sdk/client-ecs';
import type { FakeClock } from './fake-clock';
import type { FakeEcs } from './fake-ecs';
import { awsError, FakeService } from './fake-service';

const EVENTS = [
  'BeforeInstall', 'Install', 'AfterInstall', 'AllowTestTraffic', 'AfterAllowTestTraffic', 'BeforeAllowTraffic', 'AllowTraffic', 'AfterAllowTraffic',
];
const PAGE = 2;

/** What happens to a deployment, so many seconds after it began. */
export interface CodeDeployStep {
  readonly after: number;
  /** The lifecycle event that begins; those before it have succeeded. */
  readonly event?: string;
  /** Percent of the traffic on the new tasks. */
  readonly weight?: number;
  /** A new task that stops. */
  readonly stops?: Partial<Task>;
  readonly info?: Partial<DeploymentInfo>;
  /** It ends. */
  readonly ends?: 'Succeeded' | 'Failed' | 'Stopped';
  /** Why an event failed. */
  readonly diagnostics?: LifecycleEvent['diagnostics'];
}

/** Scripts of deployments, by what they end with. */
export const byCodeDeploy = {
  succeeds: (after = 120): CodeDeployStep[] => [
    { after: 5, event: 'Install' }, { after: after / 2, event: 'AllowTraffic', weight: 10 }, { after: after * 0.75, event: 'AfterAllowTraffic', weight: 100 },
    {
      after: after * 0.9,
      info: {
        instanceTerminationWaitTimeStarted: true,
        blueGreenDeploymentConfiguration: { terminateBlueInstancesOnDeploymentSuccess: { terminationWaitTimeInMinutes: 5 } },
      },
    },
    { after, ends: 'Succeeded' },
  ],
  hangs: (): CodeDeployStep[] => [{ after: 5, event: 'Install' }],
  failsIn: (event: string, code: string, message: string, diagnostics?: LifecycleEvent['diagnostics'], after = 60): CodeDeployStep[] => [
    { after: 5, event }, { after, ends: 'Failed', diagnostics, info: { errorInformation: { code: code as never, message } } },
  ],
  isStopped: (message?: string, after = 60): CodeDeployStep[] => [
    { after: 5, event: 'Install' }, { after, ends: 'Stopped', info: { errorInformation: message ? { code: 'MANUAL_STOP', message } : undefined } },
  ],
};

interface Deployment {
  readonly info: DeploymentInfo;
  readonly script: CodeDeployStep[];
  readonly taskDefinition: string;
  readonly target: ECSTarget;
}

/**
 * AWS CodeDeploy with one deployment group for one ECS service: it takes one deployment at a time, checks its AppSpec, makes a task set beside
 * the present one, moves the traffic, and goes back with a deployment of its own when one fails.
 */
export class FakeCodeDeploy extends FakeService {
  readonly deployments: Deployment[] = [];
  /** Scripts of the deployments to come; when there are none they succeed. */
  readonly scripts: CodeDeployStep[][] = [];
  readonly group: { applicationName: string; deploymentGroupName: string } = { applicationName: 'shop', deploymentGroupName: 'web' };

  constructor(private readonly clock: FakeClock, private readonly ecs: FakeEcs) {
    super();
    const on = (command: new (input: any) => any, answer: (input: any) => unknown) => this.on(CodeDeployClient, command, input => {
      this.unfold();
      return structuredClone(answer(input));
    });
    on(CreateDeploymentCommand, input => ({ deploymentId: this.create(input).deploymentId }));
    on(ListDeploymentsCommand, input => this.list(input));
    on(BatchGetDeploymentsCommand, ({ deploymentIds }) => this.batchGet(deploymentIds));
    on(GetDeploymentCommand, ({ deploymentId }) => ({ deploymentInfo: this.find(deploymentId).info }));
    on(BatchGetDeploymentTargetsCommand, ({ deploymentId, targetIds }) => this.targets(deploymentId, targetIds));
    on(StopDeploymentCommand, ({ deploymentId, autoRollbackEnabled }) => this.stop(deploymentId, autoRollbackEnabled));
  }

  /** What happens to a deployment of this task definition. */
  usually: (taskDefinition: string) => CodeDeployStep[] = () => byCodeDeploy.succeeds();

  get latest(): DeploymentInfo {
    return this.deployments.at(-1)!.info;
  }

  /** No deployment is under way. */
  get isQuiet(): boolean {
    return this.deployments.every(({ info }) => isOver(info));
  }

  /** Lets what is due happen. */
  unfold(): void {
    for (const one of this.deployments) {
      const age = (this.clock.now() - one.info.createTime!.getTime()) / 1000;
      while (!isOver(one.info) && one.script.length > 0 && one.script[0].after <= age) this.take(one, one.script.shift()!);
    }
  }

  /** Creates a deployment, as the call would, whoever makes it. */
  create(input: any, script?: CodeDeployStep[]): DeploymentInfo {
    const { applicationName, deploymentGroupName, description = '', revision } = input;
    if (applicationName !== this.group.applicationName) throw awsError('ApplicationDoesNotExistException');
    if (deploymentGroupName !== this.group.deploymentGroupName) throw awsError('DeploymentGroupDoesNotExistException');
    if (description.length > 256) throw awsError('DescriptionTooLongException');
    if (!this.isQuiet) throw awsError('DeploymentLimitExceededException', 'The Deployment Group already has an active Deployment');
    const taskDefinition = this.check(revision);
    return this.begin(taskDefinition, { ...input, creator: 'user' }, script ?? this.scripts.shift() ?? this.usually(taskDefinition));
  }

  private begin(taskDefinition: string, input: Partial<DeploymentInfo>, script: CodeDeployStep[]): DeploymentInfo {
    const deploymentId = `d-${String(this.deployments.length + 1).padStart(9, '0')}`;
    const info: DeploymentInfo = { ...input, deploymentId, status: 'Created', createTime: this.clock.date() };
    const target: ECSTarget = { deploymentId, lifecycleEvents: EVENTS.map(lifecycleEventName => ({ lifecycleEventName, status: 'Pending' })) };
    this.deployments.push({ info, script: [...script], taskDefinition, target });
    return info;
  }

  /** The AppSpec, as far as CodeDeploy refuses a wrong one. */
  private check({ revisionType, appSpecContent }: any): string {
    if (revisionType !== 'AppSpecContent') throw awsError('InvalidRevisionException');
    const { Resources: [{ TargetService }], Hooks } = JSON.parse(appSpecContent.content);
    const { TaskDefinition, LoadBalancerInfo } = TargetService.Properties;
    const definition = this.ecs.definitions.get(TaskDefinition)?.definition;
    const container = definition?.containerDefinitions?.find(({ name }) => name === LoadBalancerInfo.ContainerName);
    if (TargetService.Type !== 'AWS::ECS::Service' || !container || !Number.isInteger(LoadBalancerInfo.ContainerPort)) throw awsError('InvalidRevisionException', 'AppSpec');
    if (Hooks.some((hook: object) => Object.keys(hook).some(event => !/^(Before|After)/.test(event) || !EVENTS.includes(event)))) throw awsError('InvalidRevisionException', 'hooks');
    return TaskDefinition;
  }

  private take(one: Deployment, { event, weight, stops, info, ends, diagnostics }: CodeDeployStep): void {
    const { target, taskDefinition } = one;
    Object.assign(one.info, { status: 'InProgress' }, info);
    if (event) this.reach(one, event);
    if (weight !== undefined) target.taskSetsInfo!.find(({ taskSetLabel }) => taskSetLabel === 'Green')!.trafficWeight = weight;
    if (stops) this.ecs.stopTask(taskDefinition, stops);
    if (!ends) return;
    Object.assign(one.info, { status: ends, completeTime: this.clock.date() });
    for (const lifecycleEvent of target.lifecycleEvents!) {
      if (ends === 'Succeeded') lifecycleEvent.status = 'Succeeded';
      else if (lifecycleEvent.status === 'InProgress') Object.assign(lifecycleEvent, { status: ends === 'Failed' ? 'Failed' : 'Skipped', diagnostics });
    }
    if (ends === 'Succeeded') this.ecs.setPrimary(taskDefinition, one.info.deploymentId!);
    else this.rollBack(one);
  }

  private reach({ info, target, taskDefinition }: Deployment, event: string): void {
    const index = EVENTS.indexOf(event);
    target.lifecycleEvents!.forEach((lifecycleEvent, place) => {
      lifecycleEvent.status = place < index ? 'Succeeded' : place === index ? 'InProgress' : 'Pending';
    });
    const { desiredCount, taskSets } = this.ecs.service;
    target.taskSetsInfo ??= [{ taskSetLabel: 'Blue', trafficWeight: 100 }, { taskSetLabel: 'Green', desiredCount, runningCount: desiredCount }];
    if (!taskSets!.some(({ externalId }) => externalId === info.deploymentId)) {
      taskSets!.push({ id: `ecs-svc/${info.deploymentId}`, status: 'ACTIVE', taskDefinition, externalId: info.deploymentId });
    }
  }

  /** The new task set goes, and a deployment of CodeDeploy's own brings the earlier revision. */
  private rollBack({ info }: Deployment): void {
    const { taskSets } = this.ecs.service;
    const own = taskSets!.findIndex(({ externalId }) => externalId === info.deploymentId);
    if (own >= 0) taskSets!.splice(own, 1);
    const { taskDefinition } = taskSets!.find(({ status }) => status === 'PRIMARY')!;
    const { deploymentId } = this.begin(taskDefinition!, {
      creator: 'codeDeployRollback', description: info.description, rollbackInfo: { rollbackTriggeringDeploymentId: info.deploymentId },
    }, [{ after: 60, ends: 'Succeeded' }]);
    info.rollbackInfo = { rollbackDeploymentId: deploymentId, rollbackMessage: 'The rollback is in progress.' };
  }

  private list({ applicationName, deploymentGroupName, createTimeRange, includeOnlyStatuses, nextToken = '0' }: any) {
    if (applicationName !== this.group.applicationName) throw awsError('ApplicationDoesNotExistException');
    if (deploymentGroupName !== this.group.deploymentGroupName) throw awsError('DeploymentGroupDoesNotExistException');
    const all = this.deployments.map(({ info }) => info)
      .filter(({ createTime, status }) => createTime! >= createTimeRange.start && (!includeOnlyStatuses || includeOnlyStatuses.includes(status)));
    const from = Number(nextToken);
    return {
      deployments: all.slice(from, from + PAGE).map(({ deploymentId }) => deploymentId),
      nextToken: from + PAGE < all.length ? String(from + PAGE) : undefined,
    };
  }

  private batchGet(deploymentIds: string[]) {
    if (deploymentIds.length < 1 || deploymentIds.length > 25) throw awsError('BatchLimitExceededException');
    return { deploymentsInfo: deploymentIds.map(id => this.find(id).info) };
  }

  private targets(deploymentId: string, targetIds: string[]) {
    const { info, target } = this.find(deploymentId);
    if (targetIds[0] !== 'shop:web') throw awsError('DeploymentTargetDoesNotExistException');
    if (info.status === 'Created') throw awsError('DeploymentNotStartedException');
    return { deploymentTargets: [{ deploymentTargetType: 'ECSTarget', ecsTarget: target }] };
  }

  private stop(deploymentId: string, autoRollbackEnabled: boolean) {
    const one = this.find(deploymentId);
    if (isOver(one.info)) throw awsError('DeploymentAlreadyCompletedException');
    if (!autoRollbackEnabled) throw awsError('InvalidParameterException', 'the tests want a rollback');
    this.take(one, { after: 0, ends: 'Stopped', info: { errorInformation: { code: 'MANUAL_STOP', message: 'Deployment has been stopped by user' } } });
    return { status: 'Succeeded' };
  }

  private find(deploymentId: string): Deployment {
    const found = this.deployments.find(({ info }) => info.deploymentId === deploymentId);
    if (!found) throw awsError('DeploymentDoesNotExistException');
    return found;
  }
}

function isOver({ status }: DeploymentInfo): boolean {
  return ['Succeeded', 'Failed', 'Stopped'].includes(status!);
}

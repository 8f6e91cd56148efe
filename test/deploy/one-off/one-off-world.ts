import type { CodePipelineEvent } from 'aws-lambda';
import { handleJob } from '../../../src/deploy/one-off/run/job';
import type { ClusterHome, OneOffSettings, ServiceHome } from '../../../src/deploy/one-off/run/settings';
import { sweep } from '../../../src/deploy/one-off/run/sweep';
import { type ActionResult, FakeCodePipeline } from '../../support/doubles/fake-codepipeline';
import { ReleaseWorld } from '../../support/doubles/release-world';

/** A place, and a pipeline whose action runs a one-off task there. */
export class OneOffWorld extends ReleaseWorld {
  readonly action = new FakeCodePipeline(this.clock, handleJob);
  readonly home: ServiceHome = { roleArn: 'arn:aws:iam::222222222222:role/release-web', parameterName: '/places/web', region: 'eu-west-1' };
  settings: OneOffSettings = { name: 'Migrate', place: 'production', home: this.home, command: ['migrate'] };

  constructor() {
    super();
    process.env.RELEASE_TIMEOUT_MINUTES = '30';
    this.ecs.service.networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-11111111'], securityGroups: ['sg-11111111'], assignPublicIp: 'DISABLED' } };
    const { definition } = this.ecs.definitions.get(this.ecs.service.taskDefinition!)!;
    Object.assign(definition.containerDefinitions![0], { healthCheck: { command: ['CMD', 'true'] }, logConfiguration: { logDriver: 'awslogs' }, command: ['serve'] });
  }

  /** In a cluster of its own, by a task definition of the pipeline's stack. */
  inCluster(): ClusterHome {
    const home = {
      clusterArn: this.ecs.clusterArn, subnets: ['subnet-11111112'], securityGroups: ['sg-11111112'], assignPublicIp: true, family: 'check',
      taskDefinitionArn: this.ecs.define({ family: 'check', containerDefinitions: [{ name: 'app', image: `${this.built.uri}:none` }] }),
      containerName: 'app', logGroupName: '/check', logStreamPrefix: 'one-off', repositoryUri: this.built.uri,
    };
    this.settings = { name: 'Integration', place: 'shop', home };
    return home;
  }

  event(executionId = 'execution-1'): CodePipelineEvent {
    this.setEnvironment();
    return this.action.event(JSON.stringify({ digest: this.next, commit: 'c0ffee', executionId }), {
      outputArtifacts: [{ name: 'log', revision: null, location: { type: 'S3', s3Location: { bucketName: 'artifacts', objectKey: 'shop/log/1' } } }],
    });
  }

  async runTask(executionId?: string): Promise<ActionResult> {
    return this.action.follow(this.event(executionId));
  }

  async failingTask(): Promise<{ cause: string; details: string; type?: string }> {
    const { succeeded, message, failureType } = await this.runTask();
    if (succeeded) throw new Error('the task did not fail');
    const [cause, ...details] = message.split('\n');
    return { cause, details: details.join('\n'), type: failureType };
  }

  /** EventBridge calls: by the clock, or about an execution that was stopped. */
  async sweep(executionId?: string): Promise<void> {
    this.setEnvironment();
    const time = { now: () => this.clock.now(), sleep: async (milliseconds: number) => this.clock.sleep(milliseconds), left: () => 900_000 };
    await sweep({ time: this.clock.date().toISOString(), detail: executionId ? { 'execution-id': executionId } : {} }, time);
  }

  private setEnvironment(): void {
    const { uploads, ...settings } = this.settings;
    process.env.SETTINGS = JSON.stringify(settings);
    delete process.env.REPORT_UPLOADS;
    if (uploads) process.env.REPORT_UPLOADS = JSON.stringify(uploads);
  }

  /** What the container of a task prints. */
  print(container: string, lines: string[], task = 'once1'): void {
    this.around.logs.set(`/web app/${container}/${task}`, lines);
  }
}

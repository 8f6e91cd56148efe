import { unzipSync } from 'fflate';
import type { CodeDeployStep } from './fake-codedeploy';
import { type ActionResult, PIPELINE } from './fake-codepipeline';
import type { Script } from './fake-ecs';
import type { Doubles } from './release-world';
import { type FailedAction, handleFailedAction } from '../../../src/deploy/release/pipeline/failed-action';

const ARTIFACT = { name: 'files', revision: null, location: { type: 'S3' as const, s3Location: { bucketName: 'artifacts', objectKey: 'web/files.zip' } } };

/** CodePipeline's own action, ECS or CodeDeployToECS by what was prepared for it, and the call of the release function before it. */
export class OwnAction {
  constructor(private readonly world: Doubles) {}

  /** The action before it, with an artifact to write. */
  async prepare(UserParameters: string, more: object = {}): Promise<ActionResult> {
    const { pipeline } = this.world;
    pipeline.begin('Prepare-production', {
      input: { configuration: { UserParameters: '{"digest":"#{Build.IMAGE_DIGEST}"}' }, resolvedConfiguration: { FunctionName: 'release', UserParameters } },
    });
    return pipeline.act(UserParameters, { outputArtifacts: [ARTIFACT], ...more });
  }

  /** What was prepared, by the names of files. */
  get files(): Record<string, any> {
    return Object.fromEntries(Object.entries(unzipSync(this.world.around.objects.at(-1).Body)).map(([name, bytes]) => [name, JSON.parse(Buffer.from(bytes).toString())]));
  }

  /** It begins, and does with the files what AWS documents. */
  deploy(script?: Script): void {
    const { ecs, pipeline } = this.world;
    pipeline.begin('Deploy-production');
    const [{ name, imageUri }] = this.files['imagedefinitions.json'];
    const { definition, tags } = ecs.definitions.get(ecs.service.taskDefinition!)!;
    const containerDefinitions = definition.containerDefinitions!.map(container => container.name === name ? { ...container, image: imageUri } : container);
    ecs.deploy(ecs.define({ ...definition, containerDefinitions, registeredBy: undefined }, tags.filter(({ key }) => !key!.startsWith('aws:'))), script);
  }

  /** The same where CodeDeploy deploys; answers the id of the deployment. */
  deployByCodeDeploy(script?: CodeDeployStep[]): string {
    const { codeDeploy, ecs, pipeline } = this.world;
    pipeline.begin('Deploy-production');
    const { 'taskdef.json': { tags, ...definition }, 'appspec.yaml': appSpec } = this.files;
    const content = JSON.stringify(appSpec).replace('<TASK_DEFINITION>', ecs.define(definition, tags));
    return codeDeploy.create({ ...codeDeploy.group, revision: { revisionType: 'AppSpecContent', appSpecContent: { content } } }, script).deploymentId!;
  }

  /** EventBridge tells the function that the newest action has failed. */
  async fail(changes: Partial<FailedAction['detail']> = {}, seconds = 900): Promise<void> {
    const { clock, pipeline } = this.world;
    const [{ actionName, actionExecutionId }] = pipeline.executions;
    const end = clock.now() + seconds * 1000;
    await handleFailedAction({
      detail: {
        'pipeline': PIPELINE, 'execution-id': 'execution-1', 'stage': 'Deploy', 'action': actionName!, 'action-execution-id': actionExecutionId!,
        'execution-result': { 'external-execution-summary': 'The deployment failed.' }, ...changes,
      },
    }, { now: () => clock.now(), sleep: milliseconds => clock.sleep(milliseconds), left: () => end - clock.now() });
  }
}

import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { createBucket, createLogBucket } from '../../src/common/bucket';
import { Encryption } from '../../src/common/encryption';
import { ResourceNames } from '../../src/common/resource-names';
import { ReleaseTargetParts } from '../../src/deploy/release-target';
import { CheckContext } from '../../src/pipeline/checks/actions/action-recipe';
import { PipelineParts } from '../../src/pipeline/parts';
import { guarded, openRoles, ScopedRole } from '../../src/private/scoped-role';

const PLACE: ReleaseTargetParts = {
  placeName: 'Web',
  roleArn: 'arn:aws:iam::111111111111:role/release-web',
  parameterName: '/places/web',
  region: 'eu-west-1',
  clusterName: 'shop',
  serviceName: 'web',
  serviceArn: 'arn:aws:ecs:eu-west-1:111111111111:service/shop/web',
  taskFamily: 'web',
  passableRoleArns: [],
  containerName: 'app',
  cpuArchitecture: ecs.CpuArchitecture.ARM64,
};

export interface WorldOptions {
  readonly context?: Record<string, unknown>;
  readonly names?: ResourceNames;
  readonly encryption?: Encryption;
  readonly removalPolicy?: RemovalPolicy;
  readonly cloning?: PipelineParts['cloning'];
}

/** As much of a pipeline as builds and checks need in order to stand in it. */
export class PipelineWorld {
  readonly app: App;
  readonly stack: Stack;
  readonly parts: PipelineParts;
  readonly pipeline: codepipeline.Pipeline;

  constructor({ context, names = ResourceNames.generated(), encryption = Encryption.customerManaged(), removalPolicy = RemovalPolicy.RETAIN, cloning }: WorldOptions = {}) {
    this.app = new App({ context });
    this.stack = new Stack(this.app, 'Shop');
    const key = encryption._bind(this.stack, { aliasName: () => undefined, removalPolicy });
    const logBucket = createLogBucket(this.stack, 'LogBucket', removalPolicy, key);
    const artifactBucket = createBucket(this.stack, 'Artifacts', { key, versioned: true, removalPolicy, logBucket });
    const pipelineRole = new ScopedRole(this.stack, 'PipelineRole', { assumedBy: guarded(this.stack, 'codepipeline.amazonaws.com') });
    const source = new codepipeline.Artifact('Source');
    this.pipeline = new codepipeline.Pipeline(this.stack, 'Pipeline', {
      role: pipelineRole, artifactBucket, pipelineType: codepipeline.PipelineType.V2,
    });
    this.pipeline.addStage({
      stageName: 'Source',
      actions: [new actions.CodeStarConnectionsSourceAction({
        actionName: 'Source',
        owner: 'acme',
        repo: 'shop',
        output: source,
        connectionArn: 'arn:aws:codeconnections:eu-west-1:111111111111:connection/00000000-0000-0000-0000-000000000000',
        role: new ScopedRole(this.stack, 'SourceRole', { assumedBy: guarded(this.stack, 'codepipeline.amazonaws.com') }),
      })],
    });
    this.parts = {
      names: names._bind(this.stack),
      key,
      removalPolicy,
      artifactBucket,
      logBucket: () => logBucket,
      repository: new ecr.Repository(this.stack, 'Repository'),
      source,
      commit: '#{Source.CommitId}',
      pipelineRole,
      cloning,
    };
  }

  /** What checks know of the pipeline and of the place before them. */
  get context(): CheckContext {
    return { pipeline: this.pipeline, place: Object.assign(new Construct(this.stack, 'Place'), { _releaseTarget: () => PLACE }) };
  }

  /** Puts actions into a stage. */
  addStage(stageName: string, ...stageActions: codepipeline.IAction[]): void {
    this.pipeline.addStage({ stageName, actions: stageActions });
  }

  /** What is synthesized once the library has done its part. */
  get template(): Template {
    openRoles(this.stack);
    return Template.fromStack(this.stack);
  }
}

/** The one project of a template whose description says this. */
export function projectOf(template: Template, description: string): any {
  const projects = template.findResources('AWS::CodeBuild::Project', { Properties: { Description: description } });
  expect(Object.keys(projects)).toHaveLength(1);
  return Object.values(projects)[0].Properties;
}

/** Statements of the policies below a construct, as `action resource` with the resource flattened. */
export function rightsOf(template: Template, logicalIdPrefix: string): string[] {
  const policies = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([id]) => id.startsWith(logicalIdPrefix));
  return policies
    .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement)
    .flatMap(({ Action, Resource, Condition }: any) => [Action].flat().map((action) => (
      `${action} ${[Resource].flat().map(text).join(', ')}${Condition ? ` if ${text(Condition)}` : ''}`)))
    .sort();
}

/** A value of a template in one line: references as `<Id>` and `<Id.Attribute>`. */
export function text(value: any): string {
  if (typeof value === 'string') return value;
  if (value?.Ref) return `<${value.Ref}>`;
  if (value?.['Fn::GetAtt']) return `<${value['Fn::GetAtt'].join('.')}>`;
  if (value?.['Fn::Join']) return value['Fn::Join'][1].map(text).join(value['Fn::Join'][0]);
  return JSON.stringify(value, (_, inner) => inner?.Ref || inner?.['Fn::GetAtt'] || inner?.['Fn::Join'] ? text(inner) : inner);
}

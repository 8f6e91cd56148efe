import { Duration, Stack } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { mayReadArtifacts, mayWriteArtifacts } from './artifact-rights';
import { BuildOptions } from './build-options';
import { acknowledge, inPacks } from '../../private/acknowledge';
import { createLogGroup } from '../../private/log-group';
import { guarded, Right, ScopedRole } from '../../private/scoped-role';
import { PipelineParts } from '../parts';

/** @internal */
export interface ProjectSettings {
  /** What the project is called within the pipeline, for example `Build`. */
  readonly purpose: string;
  readonly description: string;
  /** What the user chose. */
  readonly options: BuildOptions;
  readonly computeType: codebuild.ComputeType;
  readonly buildImage: codebuild.IBuildImage;
  /** A buildspec of version 0.2, without tokens: what differs comes as variables. */
  readonly buildSpec: object;
  readonly environment?: { [name: string]: string };
  /** Why the build is root on its host; undefined: it is not. */
  readonly privileged?: string;
  readonly hasOutputs: boolean;
  /** Names of reports in the buildspec. */
  readonly reports?: string[];
  readonly cache?: codebuild.Cache;
}

/** @internal */
export interface MadeProject {
  readonly project: codebuild.PipelineProject;
  readonly role: ScopedRole;
}

/** The role comes first, since a cache may need it before the project exists. @internal */
export function createProjectRole(scope: Construct, description: string): ScopedRole {
  return new ScopedRole(scope, 'Role', { assumedBy: guarded(scope, 'codebuild.amazonaws.com'), description });
}

/** A project with a log group of its own and a role with exactly the rights it needs. @internal */
export function createProject(scope: Construct, parts: PipelineParts, role: ScopedRole, settings: ProjectSettings): MadeProject {
  const { key, names } = parts;
  const { options } = settings;
  const detail = settings.purpose;
  const logGroup = createLogGroup(scope, 'Logs', {
    key,
    removalPolicy: parts.removalPolicy,
    retention: options.logRetention,
    logGroupName: names.name({ type: 'log-group', detail, base: options.logGroupName, prop: 'logGroupName', maxLength: 512 }),
  });
  const project = new codebuild.PipelineProject(scope, 'Project', {
    projectName: names.name({ type: 'project', detail, base: options.projectName, prop: 'projectName', maxLength: 150 }),
    description: settings.description,
    role,
    encryptionKey: key,
    environment: { buildImage: settings.buildImage, computeType: settings.computeType, privileged: settings.privileged !== undefined },
    environmentVariables: variables({ ...settings.environment, ...options.environment }, options),
    timeout: options.timeout ?? Duration.hours(1),
    cache: settings.cache,
    logging: { cloudWatch: { logGroup } },
    buildSpec: codebuild.BuildSpec.fromObject(settings.buildSpec),
    // CDK's own grant is for every report group that begins like the project.
    grantReportGroupPermissions: false,
  });
  role.allow(
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ...settings.hasOutputs ? mayWriteArtifacts(parts) : mayReadArtifacts(parts),
    // Beside what every reader needs: https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
    { actions: ['s3:GetBucketAcl'], resources: [parts.artifactBucket.bucketArn] },
    ...parts.cloning ?? [],
    ...reportRights(project, settings.reports ?? []),
    ...Object.values(options.secrets ?? {}).flatMap((secret) => secret._rights(scope)),
  );
  acknowledgeProject(project, settings, key !== undefined);
  return { project, role };
}

/** @internal */
export interface ActionSettings {
  readonly actionName: string;
  readonly outputs?: codepipeline.Artifact[];
  /** Variables that only the pipeline knows, for example the digest of the image. */
  readonly environment?: { [name: string]: string };
  readonly runOrder?: number;
  readonly variablesNamespace?: string;
  readonly isTest?: boolean;
}

/**
 * The action that runs a project, with a role of its own. Rights:
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
 * @internal
 */
export function createAction(scope: Construct, parts: PipelineParts, { project }: MadeProject, settings: ActionSettings): actions.CodeBuildAction {
  const { environment, isTest, ...rest } = settings;
  const role = new ScopedRole(scope, 'ActionRole', {
    assumedBy: new iam.ArnPrincipal(parts.pipelineRole.roleArn),
    description: `Starts the project of the action ${settings.actionName}`,
  });
  role.allow({ actions: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild'], resources: [project.projectArn] });
  return new actions.CodeBuildAction({
    ...rest,
    input: parts.source,
    project,
    role,
    type: isTest ? actions.CodeBuildActionType.TEST : actions.CodeBuildActionType.BUILD,
    environmentVariables: environment ? variables(environment) : undefined,
  });
}

function variables(plain: { [name: string]: string }, { secrets = {} }: BuildOptions = {}): { [name: string]: codebuild.BuildEnvironmentVariable } {
  return {
    ...Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, { value }])),
    ...Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret._variable()])),
  };
}

/**
 * CodeBuild makes a report group for each report of the buildspec and names it `<project>-<report>`:
 * https://docs.aws.amazon.com/codebuild/latest/userguide/test-permissions.html
 */
function reportRights(project: codebuild.IProject, reports: string[]): Right[] {
  if (reports.length === 0) return [];
  return [{
    actions: ['codebuild:CreateReportGroup', 'codebuild:CreateReport', 'codebuild:UpdateReport', 'codebuild:BatchPutTestCases', 'codebuild:BatchPutCodeCoverages'],
    resources: reports.map((report) => Stack.of(project).formatArn({ service: 'codebuild', resource: 'report-group', resourceName: `${project.projectName}-${report}` })),
  }];
}

function acknowledgeProject(project: codebuild.Project, { privileged, buildImage, options }: ProjectSettings, hasKey: boolean): void {
  acknowledge(project, inPacks('CodeBuildProjectSourceRepoUrl', 'the source comes from CodePipeline'));
  acknowledge(project, { 'CloudFormation-Validate::E3050': 'the role is named by its ARN, whatever its path' });
  if (privileged) acknowledge(project, { 'cfn-guard::CT.CODEBUILD.PR.4': privileged, 'AwsSolutions-CB3': privileged });
  if (!buildImage.imageId.startsWith('aws/codebuild/')) {
    acknowledge(project, { 'AwsSolutions-CB5': options.buildImage ? 'chosen by the user: buildImage' : 'the tool itself, in an image that is pinned by its digest' });
  }
  if (!hasKey) {
    const reason = 'chosen by the user: encryption = keys of AWS services';
    acknowledge(project, { 'AwsSolutions-CB4': reason, 'CKV_AWS_78': reason, 'cfn-guard::CT.CODEBUILD.PR.5': reason });
  }
}

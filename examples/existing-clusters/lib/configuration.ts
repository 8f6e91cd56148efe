import { Node } from 'constructs';
import { Context } from './context';

/** A service on ECS that exists, and what stands around it. */
export interface ExistingService {
  /** The ECS cluster. Account and region of everything else are those of this ARN. */
  readonly clusterArn: string;
  /** The ECS service, whose deployment controller is CODE_DEPLOY. */
  readonly serviceName: string;
  /** Family of its task definitions. */
  readonly taskFamily: string;
  /** What the application may do. */
  readonly taskRoleArn: string;
  /** What ECS may do in order to start a task. */
  readonly executionRoleArn: string;
  /** Log group of the container. */
  readonly logGroupName: string;
  /** The role that the release function takes on. */
  readonly releaseRoleArn: string;
  /** The listener whose traffic moves. */
  readonly listenerArn: string;
  /** The two target groups between which it moves. */
  readonly targetGroupArns: string[];
  /** Where the service answers. */
  readonly url: string;
}

/** Where the integration test runs: a cluster in the tools account. */
export interface TestTask {
  readonly clusterArn: string;
  readonly subnetIds: string[];
  readonly securityGroupId: string;
}

/** What differs between users: the context of `cdk.json`, or `-c key=value` on the command line. */
export interface Configuration {
  /** What every name ends with. */
  readonly environmentSuffix: string;
  /** Account of the pipeline. */
  readonly toolsAccount: string;
  /** Region of everything. */
  readonly region: string;
  /** Repository on GitHub as `owner/repository`, with a Dockerfile in its root. */
  readonly repository: string;
  /** Branch that is released. */
  readonly branch: string;
  /** Connection to GitHub. */
  readonly connectionArn: string;
  /** Name of the secret with the token that `npm ci` uses. */
  readonly npmTokenSecret: string;
  /** Who is told about failures and asked for approval. */
  readonly emails: string[];
  readonly testTask: TestTask;
  readonly staging: ExistingService;
  readonly production: ExistingService;
  /** Tags of everything, beside the one for the environment. */
  readonly tags: { [key: string]: string };
}

/** Text and form of an ARN, for the message and for the look at it. */
const arn = (service: string, region: string, resource: string, form: string): [string, RegExp] =>
  [`arn:aws:${service}:${region}:<account>:${resource}`, new RegExp(`^arn:aws[a-z-]*:${service}:${region && '[a-z0-9-]+'}:\\d{12}:${form}$`)];

const CLUSTER = arn('ecs', '<region>', 'cluster/<name>', 'cluster/[\\w-]{1,255}');
const ROLE = arn('iam', '', 'role/<name>', 'role/[\\w+=,.@/-]+');
const LISTENER = arn('elasticloadbalancing', '<region>', 'listener/app/<load balancer>/<id>/<id>', 'listener/app/[\\w-]+/[0-9a-f]+/[0-9a-f]+');
const TARGET_GROUP = arn('elasticloadbalancing', '<region>', 'targetgroup/<name>/<id>', 'targetgroup/[\\w-]+/[0-9a-f]+');
// Connections that were made before 2024 have the older name in their ARN.
const CONNECTION: [string, RegExp] = ['arn:aws:codeconnections:<region>:<account>:connection/<id>', /^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[0-9a-f-]{36}$/];
const NAME: [string, RegExp] = ['a name of A-Z a-z 0-9 _ -', /^[\w-]{1,255}$/];

/** Reads the context and says everything that is wrong with it at once. What the parts must have to do with each other is checked by the library. */
export function readConfiguration(node: Node): Configuration {
  const context = new Context((key) => node.tryGetContext(key));
  const configuration = {
    // Stack names are made of it before the library can look at it.
    environmentSuffix: context.text('environmentSuffix', "1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter, for example 'dev'", /^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/, 'dev'),
    toolsAccount: context.text('toolsAccount', "an account, 12 digits in quotes, for example '111111111111'", /^\d{12}$/),
    region: context.text('region', "a region, for example 'us-east-1'", /^[a-z]{2}(-[a-z]+)+-\d$/, 'us-east-1'),
    repository: context.text('repository', "'owner/repository'", /^[\w.-]+\/[\w.-]+$/),
    branch: context.text('branch', 'the name of a branch', /^\S+$/, 'main'),
    connectionArn: context.text('connectionArn', ...CONNECTION),
    npmTokenSecret: context.text('npmTokenSecret', 'the name of a secret of Secrets Manager', /^[\w/+=.@-]{1,512}$/),
    emails: context.list('emails', 'e-mail addresses', /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/),
    testTask: context.object('testTask', readTestTask),
    staging: context.object('staging', readService),
    production: context.object('production', readService),
    tags: context.map('tags', {}),
  };
  context.throwProblems();
  return configuration;
}

const readTestTask = (context: Context): TestTask => ({
  clusterArn: context.text('clusterArn', ...CLUSTER),
  subnetIds: context.list('subnetIds', "1 to 16 ids of subnets, for example 'subnet-0123456789abcdef0'", /^subnet-[0-9a-f]{8,17}$/, { most: 16 }),
  securityGroupId: context.text('securityGroupId', "the id of a security group, for example 'sg-0123456789abcdef0'", /^sg-[0-9a-f]{8,17}$/),
});

const readService = (context: Context): ExistingService => ({
  clusterArn: context.text('clusterArn', ...CLUSTER),
  serviceName: context.text('serviceName', ...NAME),
  taskFamily: context.text('taskFamily', ...NAME),
  taskRoleArn: context.text('taskRoleArn', ...ROLE),
  executionRoleArn: context.text('executionRoleArn', ...ROLE),
  logGroupName: context.text('logGroupName', 'the name of a log group', /^[\w./#-]{1,512}$/),
  releaseRoleArn: context.text('releaseRoleArn', ...ROLE),
  listenerArn: context.text('listenerArn', ...LISTENER),
  targetGroupArns: context.list('targetGroupArns', `2 of ${TARGET_GROUP[0]}`, TARGET_GROUP[1], { least: 2, most: 2 }),
  url: context.text('url', 'an address that begins with http:// or https://', /^https?:\/\/\S+$/),
});

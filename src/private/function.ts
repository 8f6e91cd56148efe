import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge, inPacks } from './acknowledge';
import { admitRule, DeadLetterQueue } from './dead-letter-queue';
import { createLogGroup } from './log-group';
import { ScopedRole } from './scoped-role';

/** A function class that is generated from a `*.lambda.ts` file. */
export type FunctionClass = new (scope: Construct, id: string, props: lambda.FunctionOptions) => lambda.Function;

export interface FunctionSettings {
  readonly description: string;
  readonly timeout: Duration;
  readonly memorySize: number;
  readonly environment?: Record<string, string>;
  readonly functionName?: string;
  readonly roleName?: string;
  readonly reservedConcurrentExecutions?: number;
  /** Only for a function that talks to something inside a VPC. */
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
  readonly key?: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
  readonly logGroupName?: string;
  readonly removalPolicy: RemovalPolicy;
  /** Construct that holds the dead-letter queue. */
  readonly owner: Construct;
}

export interface MadeFunction {
  readonly function: lambda.Function;
  readonly role: ScopedRole;
}

/**
 * A function of the library. CloudFormation and CodePipeline invoke ours asynchronously: an error would be tried again twice
 * and hours later, so it is not, and what fails goes to the dead-letter queue.
 */
export function createFunction(scope: Construct, id: string, kind: FunctionClass, settings: FunctionSettings): MadeFunction {
  const { owner, key, removalPolicy, roleName, logRetention, logGroupName, ...options } = settings;
  const queue = DeadLetterQueue.of(owner);
  const logGroup = createLogGroup(scope, `${id}Logs`, { key, removalPolicy, retention: logRetention, logGroupName });
  const role = new ScopedRole(scope, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: settings.description,
    roleName,
  });
  role.allow(
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    { actions: ['sqs:SendMessage'], resources: [queue.queueArn] },
    { actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'], wildcard: 'traces have no resource level' },
  );
  const made = new kind(scope, id, {
    ...options,
    role,
    logGroup,
    tracing: lambda.Tracing.ACTIVE,
    deadLetterQueue: queue,
    onFailure: new destinations.SqsDestination(queue),
    retryAttempts: 0,
    maxEventAge: Duration.minutes(5),
    // Never without variables: the generated classes set one.
    environmentEncryption: key,
  });
  if (key) role.allow({ actions: ['kms:Decrypt'], resources: [key.keyArn] });
  const vpc = 'talks to AWS APIs only; a VPC would make the first deploy depend on NAT';
  const concurrency = 'reserving concurrency fails in young accounts (quota 10)';
  const order = 'explicit order made by CDK';
  acknowledge(made, {
    'cfn-lint::W3005': order,
    'CloudFormation-Validate::W3005': order,
    ...(key ? {} : { CKV_AWS_173: 'chosen by the user: encryption = keys of AWS services' }),
    ...(options.vpc ? {} : { 'CKV_AWS_117': vpc, 'cfn-guard::CT.LAMBDA.PR.3': vpc, ...inPacks('LambdaInsideVPC', vpc) }),
    ...(options.reservedConcurrentExecutions === undefined ? { CKV_AWS_115: concurrency, ...inPacks('LambdaConcurrency', concurrency) } : {}),
  });
  return { function: made, role };
}

/** CDK's own target would write a grant for each rule; this is the same with the source named. The owner holds the dead-letter queue. */
export function callBy(scope: Construct, id: string, called: lambda.IFunction, owner: Construct, props: events.RuleProps): void {
  const queue = DeadLetterQueue.of(owner);
  const rule = new events.Rule(scope, id, { ...props, targets: [{ bind: () => ({ arn: called.functionArn, deadLetterConfig: { arn: queue.queueArn } }) }] });
  new lambda.CfnPermission(rule, 'MayCall', {
    action: 'lambda:InvokeFunction', functionName: called.functionArn, principal: new iam.ServicePrincipal('events.amazonaws.com').service, sourceArn: rule.ruleArn,
  });
  admitRule(queue, rule);
}

import { type AttributeValue, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { authorOf } from './commit-author';
import { describeImage } from './image-facts';
import { CLIENT_SETTINGS } from '../clients';
import { isError, ReleaseFailure } from '../failure';
import type { Success } from '../release';
import type { ReleaseEnvironment, ReleaseOutcome, ReleaseRequest } from '../release-request';
import type { Log, Progress, RecordedFacts, Time } from '../run';

/** A release that is over. */
export interface Ended {
  readonly request: ReleaseRequest;
  readonly progress: Progress;
  readonly time: Time;
  readonly log: Log;
  readonly result: Success | ReleaseFailure;
}

/** What the history says about it. */
export interface Recorded {
  readonly outcome: ReleaseOutcome | 'FAILED';
  /** Seconds since the first failed release of the place, when this is the first good one after it. */
  readonly restoredAfter?: number;
  /** The same release was recorded before. */
  readonly repeated?: boolean;
  /** Why there is no record. */
  readonly problem?: string;
}

type Fact = string | number | string[] | Record<string, number> | undefined;

/**
 * Writes the record. It never throws: what the release did is done, and a table that fails must neither turn a good release red (the
 * pipeline might roll it back) nor hide why a bad one failed. The problem is told instead, by whoever tells the outcome.
 */
export async function record(ended: Ended): Promise<Recorded> {
  const { request, result, log } = ended;
  const outcome = result instanceof ReleaseFailure ? 'FAILED' : result.variables.Outcome;
  const { STATE_TABLE: table } = process.env as unknown as ReleaseEnvironment;
  // Half a release that went well is followed by its other half.
  if (!table || outcome === 'PREPARED') return { outcome };
  try {
    const client = new DynamoDBClient(CLIENT_SETTINGS);
    const { startedAt, failingSince, repeated } = await noteState(client, table, ended);
    const facts = { deploymentId: `${request.executionId}/${request.place}/${ended.progress.job}`, timestamp: startedAt, ...await factsOf(ended, outcome) };
    await client.send(new PutItemCommand({ TableName: table, Item: marshal(facts) }));
    log('The release is recorded', { deploymentId: facts.deploymentId, timestamp: startedAt });
    const restored = outcome !== 'FAILED' && failingSince !== undefined;
    return { outcome, repeated, ...restored && { restoredAfter: seconds(failingSince, ended.time.now()) } };
  } catch (error) {
    const { name, message } = error as Error;
    log('The release is not recorded', { error: name, reason: message });
    return { outcome, problem: `the release could not be recorded in ${table}: ${name}, ${message}` };
  }
}

interface State {
  readonly startedAt: number;
  readonly failingSince?: number;
  readonly repeated: boolean;
}

/**
 * One item of the table is the state of the place: which release ended last, and since when releases fail. The same release (an event
 * that was delivered twice) changes it once, and learns then when it began: its record has the same key and is the same item.
 */
async function noteState(client: DynamoDBClient, table: string, { request, progress, result, time }: Ended): Promise<State> {
  const failed = result instanceof ReleaseFailure;
  const before = await client.send(new UpdateItemCommand({
    TableName: table,
    Key: marshal({ deploymentId: `place/${request.roleArn}/${request.place}`, timestamp: 0 }),
    ConditionExpression: 'attribute_not_exists(job) OR job <> :job',
    UpdateExpression: `SET job = :job, startedAt = :startedAt${failed ? ', failingSince = if_not_exists(failingSince, :now)' : ' REMOVE failingSince'}`,
    ExpressionAttributeValues: marshal({ ':job': progress.job, ':startedAt': progress.startedAt, ...failed && { ':now': time.now() } }),
    ReturnValues: 'ALL_OLD',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })).catch((error: unknown) => {
    if (isError(error, 'ConditionalCheckFailedException')) return { repeated: (error as { Item?: Record<string, AttributeValue> }).Item! };
    throw error;
  });
  if ('repeated' in before) return { startedAt: Number(before.repeated.startedAt.N), repeated: true };
  const since = before.Attributes?.failingSince?.N;
  return { startedAt: progress.startedAt, failingSince: since === undefined ? undefined : Number(since), repeated: false };
}

async function factsOf({ request, progress, result, time }: Ended, outcome: string): Promise<Record<string, Fact>> {
  const { copiedAt, deployedAt, previousDigest, strategy }: Partial<RecordedFacts> = progress.facts ?? {};
  const { startedAt } = progress;
  const { ENVIRONMENT_SUFFIX, RECORD_EXPIRY_SECONDS } = process.env as unknown as ReleaseEnvironment;
  const now = time.now();
  return {
    environment: request.place,
    suffix: ENVIRONMENT_SUFFIX,
    region: request.region,
    executionId: request.executionId,
    commit: request.commit,
    commitTime: request.commitTime,
    author: request.author ?? await authorOf(request.commit),
    digest: request.digest,
    ...await describeImage(request.digest),
    previousDigest,
    strategy,
    outcome,
    reason: result instanceof ReleaseFailure ? result.message.slice(0, 2_000) : result.summary,
    taskDefinition: result instanceof ReleaseFailure ? progress.registered : result.variables.TaskDefinitionArn,
    serviceDeployment: progress.deployment,
    copySeconds: seconds(startedAt, copiedAt),
    deploySeconds: seconds(copiedAt ?? startedAt, deployedAt),
    verifySeconds: seconds(deployedAt, now),
    totalSeconds: seconds(startedAt, now),
    expiresAt: RECORD_EXPIRY_SECONDS ? Math.floor(now / 1000) + Number(RECORD_EXPIRY_SECONDS) : undefined,
  };
}

function seconds(from?: number, to?: number): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.round((to - from) / 1000);
}

/** Facts as DynamoDB takes them; what is not known is left out. */
function marshal(facts: Record<string, Fact>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined && fact !== '').map(([name, fact]) => [name, attribute(fact!)]));
}

function attribute(fact: Exclude<Fact, undefined>): AttributeValue {
  if (typeof fact === 'string') return { S: fact };
  if (typeof fact === 'number') return { N: String(fact) };
  if (Array.isArray(fact)) return { L: fact.map(text => ({ S: text })) };
  return { M: marshal(fact) };
}

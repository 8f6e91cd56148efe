import { CodeCommitClient, GetCommitCommand } from '@aws-sdk/client-codecommit';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { awsError, FakeService } from './fake-service';

type Item = Record<string, { S?: string; N?: string; L?: { S: string }[]; M?: Item }>;

/** DynamoDB and SNS as far as the history of releases uses them, and the standard output that metrics are written to. */
export class FakeHistory extends FakeService {
  readonly items = new Map<string, Item>();
  readonly messages: { TopicArn: string; Subject: string; Message: string }[] = [];
  readonly metrics: Record<string, any>[] = [];
  /** Authors in CodeCommit, by `<repository> <commit>`. */
  readonly authors = new Map<string, string>();

  constructor() {
    super();
    this.on(DynamoDBClient, PutItemCommand, ({ Item }) => { this.items.set(keyOf(Item), Item); });
    this.on(DynamoDBClient, UpdateItemCommand, (input) => this.update(input));
    this.on(CodeCommitClient, GetCommitCommand, ({ repositoryName, commitId }) => {
      const name = this.authors.get(`${repositoryName} ${commitId}`);
      if (name === undefined) throw awsError('CommitIdDoesNotExistException', commitId);
      return { commit: { commitId, author: { name, email: 'author@example.com' } } };
    });
    this.on(SNSClient, PublishCommand, (input) => {
      if (!/^[\x20-\x7e]{1,100}$/.test(input.Subject)) throw awsError('InvalidParameterException', 'Subject');
      this.messages.push(input);
    });
    jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
      this.metrics.push(JSON.parse(String(line)));
      return true;
    });
  }

  /** Records as plain values, without the states of places. */
  get records(): Record<string, any>[] {
    return [...this.items.values()].map((item) => plain(item)).filter(({ deploymentId }) => !deploymentId.startsWith('place/'));
  }

  /** The one kind of update that the function makes. */
  private update({ Key, ConditionExpression, UpdateExpression, ExpressionAttributeValues: values, ReturnValues, ReturnValuesOnConditionCheckFailure }: any) {
    const before = this.items.get(keyOf(Key));
    if (ConditionExpression === 'attribute_not_exists(job) OR job <> :job' && before?.job?.S === values[':job'].S) {
      throw awsError('ConditionalCheckFailedException', 'The conditional request failed', { Item: ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? before : undefined });
    }
    const after: Item = { ...before, ...Key, job: values[':job'], startedAt: values[':startedAt'] };
    if (UpdateExpression.includes('REMOVE failingSince')) delete after.failingSince;
    else after.failingSince ??= values[':now'];
    this.items.set(keyOf(Key), after);
    return { Attributes: ReturnValues === 'ALL_OLD' ? before : undefined };
  }
}

const keyOf = ({ deploymentId, timestamp }: Item): string => `${deploymentId.S} ${timestamp.N}`;

function plain(item: Item): Record<string, any> {
  return Object.fromEntries(Object.entries(item).map(([name, { S, N, L, M }]) => [name, S ?? (N !== undefined ? Number(N) : L ? L.map((text) => text.S) : plain(M!))]));
}

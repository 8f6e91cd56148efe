import { randomUUID } from 'node:crypto';
import { type ActionExecutionDetail, CodePipelineClient, ListActionExecutionsCommand, PutJobFailureResultCommand, PutJobSuccessResultCommand } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import type { FakeClock } from './fake-clock';
import { awsError, FakeService } from './fake-service';
import type { Time } from '../../../src/deploy/release/run';

type JobData = CodePipelineEvent['CodePipeline.job']['data'];

/** How an action ended. */
export interface ActionResult {
  readonly succeeded: boolean;
  /** Message of a failure. */
  readonly message: string;
  readonly failureType?: string;
  /** Summaries of all replies, the last one included. */
  readonly summaries: string[];
  readonly variables: Record<string, string>;
  readonly invocations: number;
}

export const PIPELINE = 'shop';
const PAGE = 2;
export const SECRET = 'secret-of-the-artifact-store';

/**
 * CodePipeline with one Lambda invoke action: it makes an event for each job, calls the function again with the token of
 * its reply (each time as a new job), and holds the function to CodePipeline's and Lambda's limits.
 */
export class FakeCodePipeline extends FakeService {
  /** Seconds that one invocation may take. */
  functionTimeout = 900;
  /** Seconds between two invocations. */
  pause = 30;
  /** What CodePipeline has written down of actions, the newest first; it answers in no order that is documented, so the oldest first. */
  readonly executions: ActionExecutionDetail[] = [];
  private readonly jobs = new Map<string, 'open' | 'over'>();
  private readonly replies: any[] = [];

  constructor(private readonly clock: FakeClock, private readonly work: (event: CodePipelineEvent, time: Time) => Promise<void>) {
    super();
    this.on(CodePipelineClient, PutJobSuccessResultCommand, input => this.reply(input));
    this.on(CodePipelineClient, PutJobFailureResultCommand, input => this.reply(input));
    this.on(CodePipelineClient, ListActionExecutionsCommand, ({ pipelineName, filter, nextToken = '0' }) => {
      if (pipelineName !== PIPELINE) throw awsError('PipelineNotFoundException');
      const found = this.executions.filter(({ pipelineExecutionId }) => pipelineExecutionId === filter.pipelineExecutionId).reverse();
      const end = Number(nextToken) + PAGE;
      return { actionExecutionDetails: found.slice(Number(nextToken), end), nextToken: end < found.length ? String(end) : undefined };
    });
  }

  /** Called between two invocations. */
  between: () => void = () => {};

  /** An action of the stage `Deploy` begins, and is written down. */
  begin(actionName: string, more: Partial<ActionExecutionDetail> = {}): void {
    this.executions.unshift({
      pipelineExecutionId: 'execution-1', stageName: 'Deploy', actionName, actionExecutionId: `${actionName}-${this.executions.length}`, startTime: this.clock.date(),
      lastUpdateTime: this.clock.date(), ...more,
    });
  }

  /** The event of a new job. */
  event(userParameters: string, more: Partial<JobData> = {}): CodePipelineEvent {
    const id = randomUUID();
    this.jobs.set(id, 'open');
    return {
      'CodePipeline.job': {
        id,
        accountId: '111111111111',
        data: {
          actionConfiguration: { configuration: { FunctionName: 'release', UserParameters: userParameters } },
          inputArtifacts: [],
          outputArtifacts: [],
          artifactCredentials: { accessKeyId: 'artifacts', secretAccessKey: SECRET, sessionToken: SECRET },
          ...more,
        },
      },
    };
  }

  /** One invocation; answers the reply, or undefined when CodePipeline took none. */
  async invoke(event: CodePipelineEvent): Promise<any> {
    const { clock } = this;
    const end = clock.now() + this.functionTimeout * 1000;
    const { id } = event['CodePipeline.job'];
    const replies = () => this.replies.filter(({ jobId }) => jobId === id);
    const before = replies().length;
    await this.work(event, {
      now: () => clock.now(),
      sleep: milliseconds => clock.sleep(milliseconds),
      left: () => end - clock.now(),
    });
    if (clock.now() > end) throw new Error('Lambda would have ended the invocation');
    if (replies().length > 1) throw new Error('the job has more than one reply');
    return replies()[before];
  }

  /** The whole action. */
  async act(userParameters: string, more: Partial<JobData> = {}): Promise<ActionResult> {
    return this.follow(this.event(userParameters, more));
  }

  /** The action from this event to its end. */
  async follow(event: CodePipelineEvent): Promise<ActionResult> {
    const { actionConfiguration: { configuration: { UserParameters } } } = event['CodePipeline.job'].data;
    const summaries: string[] = [];
    for (let invocations = 1; ; invocations++) {
      const reply = await this.invoke(event);
      const { continuationToken, executionDetails, failureDetails, outputVariables = {} } = reply;
      summaries.push(executionDetails?.summary);
      if (failureDetails) {
        return { succeeded: false, message: failureDetails.message, failureType: failureDetails.type, summaries, variables: {}, invocations };
      }
      if (!continuationToken) return { succeeded: true, message: '', summaries, variables: outputVariables, invocations };
      await this.clock.sleep(this.pause * 1000);
      this.between();
      event = this.event(UserParameters, { ...event['CodePipeline.job'].data, continuationToken });
    }
  }

  private reply(input: any): void {
    if (this.jobs.get(input.jobId) !== 'open') throw awsError('InvalidJobStateException');
    within(input.continuationToken, 2048, 'continuation token');
    within(input.executionDetails?.summary, 2048, 'summary');
    within(input.failureDetails?.message, 5000, 'message');
    if (input.continuationToken && input.outputVariables) throw awsError('ValidationException', 'variables of an unfinished action');
    this.jobs.set(input.jobId, 'over');
    this.replies.push(input);
  }
}

function within(text: string | undefined, limit: number, what: string): void {
  if (text !== undefined && (text.length === 0 || text.length > limit)) throw awsError('ValidationException', what);
}

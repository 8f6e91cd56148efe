import type { AwsStub } from 'aws-sdk-client-mock';

/** An error as the SDK throws it. */
export function awsError(name: string, message = name, extra: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode: 400 }, ...extra });
}

/** What the SDK throws when AWS throttles and its own retries are used up. */
export function throttled(): Error {
  return awsError('ThrottlingException', 'Rate exceeded', { $retryable: { throttling: true } });
}

/** Who calls, and where to. */
export interface Caller {
  readonly region: string;
  readonly accessKeyId: string;
}

interface SdkClient {
  readonly config: { region(): Promise<string>; credentials(): Promise<{ accessKeyId: string }> };
}

/** A double of an AWS service that keeps state, records its calls, and fails when told to. */
export abstract class FakeService {
  /** Calls in their order, by the names of their commands. */
  readonly calls: Array<{ readonly command: string; readonly input: any; readonly caller: Caller }> = [];
  /** Leaves lists without entries out of answers, as some of AWS's protocols do. */
  leavesEmptyListsOut = false;
  private readonly faults = new Map<string, Array<Error | (() => Error | undefined)>>();

  /** How long a call takes, before AWS does what it asks for and once more before the answer arrives. */
  pace: () => Promise<void> = async () => {};

  /** The next calls of the command fail with these errors, one each; a function decides, and may let a call through. */
  fail(command: string, ...errors: Array<Error | (() => Error | undefined)>): void {
    this.faults.set(command, [...this.faults.get(command) ?? [], ...errors]);
  }

  /** Inputs of all calls of the command. */
  inputs(command: string): any[] {
    return this.calls.filter(call => call.command === command).map(call => call.input);
  }

  protected on(mock: AwsStub<any, any, any>, command: new (input: any) => any, answer: (input: any, caller: Caller) => unknown): void {
    const name = command.name.replace(/Command$/, '');
    answersOf(mock).set(command, async (input, { config }) => {
      const caller = { region: await config.region(), accessKeyId: (await config.credentials()).accessKeyId };
      await this.pace();
      this.calls.push({ command: name, input, caller });
      const fault = this.faults.get(name)?.shift();
      const error = typeof fault === 'function' ? fault() : fault;
      if (error) throw error;
      const reply = await answer(input, caller);
      await this.pace();
      return this.leavesEmptyListsOut ? withoutEmptyLists(reply) : reply;
    });
  }
}

type Answer = (input: unknown, client: SdkClient) => Promise<unknown>;

/** What doubles answer, by command. The mock's own search compares each call with each of its commands in depth. */
const answersOfMocks = new WeakMap<object, Map<unknown, Answer>>();

function answersOf(mock: AwsStub<any, any, any>): Map<unknown, Answer> {
  const known = answersOfMocks.get(mock);
  if (known) return known;
  const answers = new Map<unknown, Answer>();
  answersOfMocks.set(mock, answers);
  mock.send.callsFake(function (this: SdkClient, command: { input: unknown }) {
    return answers.get(command.constructor)?.(command.input, this);
  } as never);
  return answers;
}

function withoutEmptyLists(answer: unknown): unknown {
  return Object.fromEntries(Object.entries(answer ?? {}).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}

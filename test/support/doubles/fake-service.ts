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
  private readonly answers = new Map<string, (input: any, caller: Caller) => unknown>();

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

  protected on(client: { readonly prototype: object }, command: new (input: any) => any, answer: (input: any, caller: Caller) => unknown): void {
    this.answers.set(nameOf(command), answer);
    const serve = this.serve.bind(this);
    // Not by aws-sdk-client-mock: what it notes of each call takes longer than all else that a double does.
    Object.assign(client.prototype, {
      async send(this: SdkClient, sent: { constructor: Function; input: unknown }) {
        return serve(this, nameOf(sent.constructor), sent.input);
      },
    });
  }

  private async serve({ config }: SdkClient, command: string, input: unknown): Promise<unknown> {
    const answer = this.answers.get(command);
    if (!answer) throw new Error(`the double has no ${command}`);
    const caller = { region: await config.region(), accessKeyId: (await config.credentials()).accessKeyId };
    await this.pace();
    this.calls.push({ command, input, caller });
    const fault = this.faults.get(command)?.shift();
    const error = typeof fault === 'function' ? fault() : fault;
    if (error) throw error;
    const reply = await answer(input, caller);
    await this.pace();
    return this.leavesEmptyListsOut ? withoutEmptyLists(reply) : reply;
  }
}

function nameOf({ name }: Function): string {
  return name.replace(/Command$/, '');
}

function withoutEmptyLists(answer: unknown): unknown {
  return Object.fromEntries(Object.entries(answer ?? {}).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}

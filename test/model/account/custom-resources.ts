import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { Physical, Properties, Provider } from './cloudformation';

type Handler = (event: any, context: Context) => Promise<void>;

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
  readonly PhysicalResourceId: string;
}

const ADDRESS = 'https://answers.example/';

/**
 * Custom resources, by the code of their functions: CloudFormation sends an event and takes the answer at the event's address.
 * A deletion that is answered with a failure fails; the id of an answer to an update decides whether the resource was replaced.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html
 */
export class CustomResources {
  readonly requests: { readonly type: string; readonly request: string; readonly reason: string }[] = [];
  private readonly answers = new Map<string, Answer>();

  /** Takes an answer; false when the address is not of an answer. */
  receive(url: string, body: string): boolean {
    if (!url.startsWith(ADDRESS)) return false;
    this.answers.set(url, JSON.parse(body));
    return true;
  }

  /** A type of custom resources whose function is this one. */
  provider(type: string, handler: Handler): Provider {
    const send = async (RequestType: string, properties: Properties, more: object = {}): Promise<Physical> => {
      const ResponseURL = `${ADDRESS}${randomUUID()}`;
      const event = { RequestType, ResponseURL, StackId: 'stack', RequestId: ResponseURL, ResourceType: type, LogicalResourceId: type, ...more };
      await handler({ ...event, ResourceProperties: asText(properties) }, { getRemainingTimeInMillis: () => 120_000 } as Context);
      const answer = this.answers.get(ResponseURL);
      if (!answer) throw new Error(`${type} did not answer`);
      this.requests.push({ type, request: RequestType, reason: answer.Reason });
      if (answer.Status !== 'SUCCESS') throw new Error(`${type}: ${answer.Reason}`);
      return { id: answer.PhysicalResourceId };
    };
    return {
      create: properties => send('Create', properties),
      update: (PhysicalResourceId, properties, former) => send('Update', properties, { PhysicalResourceId, OldResourceProperties: asText(former) }),
      delete: async (PhysicalResourceId, properties) => void await send('Delete', properties, { PhysicalResourceId }),
    };
  }
}

/** CloudFormation sends numbers and booleans as text. */
function asText(value: unknown): any {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
  return String(value);
}

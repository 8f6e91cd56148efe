import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The answer to a custom resource as it arrives. */
export interface Answer {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, string>;
}

/** Sends events of custom resources and takes the answers, as CloudFormation and its bucket do. */
export class FakeCloudFormation {
  readonly answers: Answer[] = [];
  /** Statuses with which the next answers are refused; 0 closes the connection. */
  readonly refusals: number[] = [];

  private readonly server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const status = this.refusals.shift();
    if (status === 0) return response.destroy();
    if (status) return response.writeHead(status).end('<Error><SignatureProvided>s3cret</SignatureProvided></Error>');
    this.answers.push({ method: request.method, url: request.url, headers: request.headers, body: JSON.parse(body) });
    return response.end();
  });

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  /** An event with the fields that every event has. */
  event<T>(fields: { RequestType: 'Create' | 'Update' | 'Delete'; PhysicalResourceId?: string; ResourceProperties?: object; OldResourceProperties?: object }): T {
    return {
      ServiceToken: 'arn:aws:lambda:eu-central-1:111111111111:function:f',
      ResponseURL: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/answer?Signature=s3cret`,
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Resource',
      ResourceType: 'Custom::Resource',
      ResourceProperties: {},
      ...fields,
    } as T;
  }
}

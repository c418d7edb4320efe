import { AddressPolicy, OutboundClient, type OutboundResult } from '@mira/outbound';
import { randomUUID } from 'node:crypto';
import type { N8nConnection } from '../../src/n8n/integration.connection';
import { FakeN8n } from '../support/fake-n8n';

export const SUBJECT = process.env['N8N_URL'] ? `the n8n at ${process.env['N8N_URL']}` : 'the fake n8n';

interface Node {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly typeVersion: number;
  readonly position: readonly [number, number];
  readonly webhookId?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly credentials?: object;
}

export interface MadeWorkflow {
  readonly id: string;
  readonly path: string;
}

/**
 * An n8n to try what Mira expects of one: the real one of N8N_URL and N8N_API_KEY where these are set, else the fake of
 * the tests. What is made in it is made through its API, and removed again.
 */
export class N8nWorld {
  readonly outbound = new OutboundClient(new AddressPolicy(['127.0.0.0/8']));
  private readonly made: { what: string; id: string }[] = [];

  private constructor(
    readonly connection: N8nConnection,
    private readonly fake: FakeN8n | null,
  ) {}

  static async open(): Promise<N8nWorld> {
    const { N8N_URL: url, N8N_API_KEY: key } = process.env;
    const fake = url && key ? null : await FakeN8n.start();
    const [baseUrl, apiKey] = fake ? [fake.url, fake.apiKey] : [url ?? '', key ?? ''];
    const connection = { integrationId: 'an-integration', baseUrl, apiKey, signingSecret: 'whsec_x' };
    return new N8nWorld(connection, fake);
  }

  async close(): Promise<void> {
    for (const { what, id } of this.made.toReversed()) await this.api('DELETE', `${what}/${id}`);
    await this.outbound.close(0);
    await this.fake?.stop();
  }

  /** A workflow that begins with a Webhook node and goes on with this one, or with nothing. */
  async addWorkflow(
    next: Node | null = null,
    { webhook = {}, settings = {}, active = true, credentials }: WorkflowOptions = {},
  ): Promise<MadeWorkflow> {
    const path = `mira-${randomUUID()}`;
    const parameters = { httpMethod: 'POST', path, responseMode: 'onReceived', ...webhook };
    const first = {
      ...aNode('Webhook', 'webhook', 2, parameters),
      webhookId: randomUUID(),
      ...(credentials && { credentials }),
    };
    const { id } = await this.create('workflows', {
      name: `contract ${path}`,
      nodes: next ? [first, next] : [first],
      connections: next ? { Webhook: { main: [[{ node: next.name, type: 'main', index: 0 }]] } } : {},
      settings: { executionOrder: 'v1', ...settings },
    });
    if (active) await this.api('POST', `workflows/${id}/activate`, {});
    return { id, path };
  }

  async addCredential(type: string, data: object): Promise<object> {
    const { id } = await this.create('credentials', { name: `contract ${randomUUID()}`, type, data });
    return { [type]: { id, name: 'contract' } };
  }

  /** Calls a workflow's webhook as Mira does. */
  async call(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<Extract<OutboundResult, { kind: 'response' }>> {
    const url = `${this.connection.baseUrl}/webhook/${path}`;
    const answer = await this.send('POST', url, { 'content-type': 'application/json', ...headers }, { a: 1 });
    if (answer.kind !== 'response') throw new Error(answer.detail);
    return answer;
  }

  async api(method: 'POST' | 'DELETE', what: string, body?: object): Promise<Record<string, unknown>> {
    const headers = { 'x-n8n-api-key': this.connection.apiKey ?? '', 'content-type': 'application/json' };
    const answer = await this.send(method, `${this.connection.baseUrl}/api/v1/${what}`, headers, body);
    if (answer.kind !== 'response' || answer.status !== 200)
      throw new Error(`${method} ${what}: ${JSON.stringify(answer)}`);
    return JSON.parse(answer.body.toString()) as Record<string, unknown>;
  }

  private async create(what: string, body: object): Promise<{ id: string }> {
    const id = String((await this.api('POST', what, body))['id']);
    this.made.push({ what, id });
    return { id };
  }

  private send(method: 'POST' | 'DELETE', url: string, headers: Record<string, string>, body?: object) {
    const sent = body && { body: Buffer.from(JSON.stringify(body)) };
    return this.outbound.send({ method, url, headers, ...sent, timeoutMs: 10_000, maxBodyBytes: 1_000_000 });
  }
}

interface WorkflowOptions {
  readonly webhook?: object;
  readonly settings?: object;
  readonly active?: boolean;
  readonly credentials?: object;
}

export function aNode(name: string, type: string, typeVersion: number, parameters: Record<string, unknown>): Node {
  return { id: randomUUID(), name, type: `n8n-nodes-base.${type}`, typeVersion, position: [0, 0], parameters };
}

export const noOp = () => aNode('Done', 'noOp', 1, {});
export const stop = (errorMessage: string) => aNode('Stop', 'stopAndError', 1, { errorMessage });
export const wait = (seconds: number) => ({
  ...aNode('Wait', 'wait', 1.1, { amount: seconds, unit: 'seconds' }),
  webhookId: randomUUID(),
});
export const answer = () =>
  aNode('Answer', 'respondToWebhook', 1.1, {
    respondWith: 'json',
    responseBody: '={{ JSON.stringify({ execution_id: $execution.id }) }}',
  });

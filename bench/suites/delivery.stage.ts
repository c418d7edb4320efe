import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { type SignedWebhook, signedWebhooks } from '../load/signed-webhooks.ts';
import type { DatabaseKind } from '../options.ts';
import { MiraApi } from '../support/mira-api.ts';
import { MiraProcess } from '../support/mira-process.ts';
import { N8nSink } from '../support/n8n-sink.ts';
import { type DatabaseFacts, scratchPlace } from '../support/scratch-place.ts';

const SECRET = 'the secret of a sender in a benchmark';
/** A hundred in a second. */
export const WORK_MS = 10;

/** What a sender posts to, and how. */
export interface Sender {
  /** Sends one webhook of the type; resolves with the event's id once it is acknowledged. Throws unless it was. */
  send(webhook: SignedWebhook): Promise<string>;
  webhooks(count: number, eventType: 'push' | 'issues'): SignedWebhook[];
}

/** A Mira whose `push` goes to a workflow that answers at once, and whose `issues` goes to one that takes its time. */
export interface DeliveryStage {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly quick: N8nSink;
  readonly slow: N8nSink;
  readonly url: string;
  readonly sender: Sender;
  /** Another tenant, whose `push` goes to the quick one as well. */
  readonly other: Sender;
  ask(sql: string): Promise<Record<string, unknown>[]>;
}

/** @param scope ends it all again */
export async function startDeliveryStage(
  kind: DatabaseKind,
  { server, connections, scope }: { server: string | null; connections: number; scope: AsyncDisposableStack },
): Promise<DeliveryStage> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-bench-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const quick = scope.adopt(await N8nSink.start(), (one) => one.stop());
  const slow = scope.adopt(await N8nSink.start(WORK_MS), (one) => one.stop());
  const place = await scratchPlace(kind, { server, folder, scope });
  const mira = await MiraProcess.start({
    folder,
    env: {
      ...place.env,
      MIRA_OUTBOUND_ALLOW: '127.0.0.0/8',
      MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: '1000000000',
    },
  });
  scope.defer(() => mira.stop());
  if (mira.apiKey === null) throw new Error(`Mira printed no API key: see ${mira.logFile}`);
  const pool = scope.adopt(new Pool(mira.url, { connections }), (one) => one.destroy());
  const api = new MiraApi(mira.url, mira.apiKey);
  const other = await api.createTenant('enterprise');
  return {
    kind,
    database: await place.facts(),
    url: mira.url,
    quick,
    slow,
    sender: await senderOf(api, pool, { push: quick, issues: slow }),
    other: await senderOf(other, pool, { push: quick }),
    ask: (sql) => place.ask(sql),
  };
}

async function senderOf(api: MiraApi, pool: Pool, sinks: Readonly<Record<string, N8nSink>>): Promise<Sender> {
  const endpoint = new URL(await api.createEndpoint({ service: 'github', secret: SECRET }));
  for (const [eventType, sink] of Object.entries(sinks)) {
    const integrationId = await api.createN8n(sink.url);
    await api.createRoute({ service: 'github', eventTypes: [eventType], integrationId });
  }
  return {
    webhooks: (count, eventType) => signedWebhooks(count, SECRET, eventType),
    send: async ({ headers, body }) => {
      const { statusCode, body: answer } = await pool.request({
        method: 'POST',
        path: endpoint.pathname,
        headers,
        body,
      });
      const text = await answer.text();
      if (statusCode !== 202) throw new Error(`a webhook was answered ${statusCode}: ${text}`);
      return (JSON.parse(text) as { id: string }).id;
    },
  };
}

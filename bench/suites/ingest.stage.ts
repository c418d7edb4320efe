import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DatabaseKind } from '../options.ts';
import { MiraApi } from '../support/mira-api.ts';
import { MiraProcess } from '../support/mira-process.ts';
import { N8nSink } from '../support/n8n-sink.ts';
import { type DatabaseFacts, scratchPlace } from '../support/scratch-place.ts';
import { ServiceProcess } from '../support/service-process.ts';

/** What the sender signs with. */
export const SECRET = 'the secret of a sender in a benchmark';

/** A Mira that is ready to be measured: an endpoint of GitHub's, and a route from its pushes to a sink. */
export interface Stage {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly mira: MiraProcess;
  readonly apiKey: string;
  /** Empty where the database is Mira's own. */
  readonly databaseUrl: string;
  readonly endpointUrl: string;
  readonly sink: N8nSink;
}

interface StageOptions {
  readonly kind: DatabaseKind;
  /** Where a scratch database can be made. */
  readonly server: string | null;
  readonly profile: string | undefined;
  /** Ends it all again. */
  readonly scope: AsyncDisposableStack;
}

export async function startStage({ kind, server, profile, scope }: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-bench-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const sink = scope.adopt(await N8nSink.start(), (one) => one.stop());
  const place = await scratchPlace(kind, { server, folder, scope });
  const mira = await MiraProcess.start({
    folder,
    env: {
      ...place.env,
      MIRA_OUTBOUND_ALLOW: '127.0.0.0/8',
      // Enough that nobody is ever refused: the buckets are kept and charged all the same.
      MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: '1000000000',
      MIRA_API_RATE_LIMIT_ENABLED: 'false',
    },
    nodeOptions: profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : [],
  });
  scope.defer(() => mira.stop());
  if (mira.apiKey === null) throw new Error(`Mira printed no API key: see ${mira.logFile}`);
  const api = new MiraApi(mira.url, mira.apiKey);
  const endpointUrl = await api.createEndpoint({ service: 'github', secret: SECRET });
  const integrationId = await api.createN8n(sink.url);
  await api.createRoute({ service: 'github', eventTypes: ['push'], integrationId });
  const { apiKey } = mira;
  const databaseUrl = place.env['DATABASE_URL'] ?? '';
  return { kind, database: await place.facts(), mira, apiKey, databaseUrl, endpointUrl, sink };
}

/** The address of a handler to compare with, in a process of its own. */
export async function startReference(file: string, scope: AsyncDisposableStack): Promise<string> {
  const service = await ServiceProcess.start(join(import.meta.dirname, '..', 'reference', file));
  return `${scope.adopt(service, (one) => one.stop()).url}/webhook`;
}

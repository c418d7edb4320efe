import type { Client } from 'pg';
import { runCommand } from '../support/command.ts';
import { onDatabase } from '../support/scratch-server.ts';
import { make, manage, type Stage } from './stage.ts';
import { type Finding, Findings, type Measure } from './trial.ts';

const WRITERS = 8;
const SECRET = 'a secret of the trials';

interface Verdict {
  readonly exitCode: number;
  /** `valid`, or the entry that is named and why: `12 entry_missing`. */
  readonly says: string;
  readonly entries: number;
}

/**
 * Several write to one tenant's trail at the same time, through all processes; then somebody who owns the database
 * tampers with it, ever nearer to its beginning, and each time the verification must name the place.
 */
export async function auditTrial(stage: Stage, { auditSeconds }: Measure): Promise<Finding[]> {
  const findings = new Findings(`audit, ${WRITERS} writers for ${auditSeconds} s`);
  const tenantId = await defaultTenant(stage);
  const before = await lastSeq(stage, tenantId);
  const acts = await write(stage, auditSeconds);
  const last = await lastSeq(stage, tenantId);
  const intact = await verify(stage, tenantId);
  findings.hold('acts since the writers began', acts, last - before);
  findings.hold('verified', 'valid', intact.says);
  findings.hold('entries', last, intact.entries);

  await tamper(stage, async (client) => {
    await client.query('DELETE FROM audit_logs WHERE tenant_id = $1 AND seq > $2', [tenantId, last - 10]);
    await client.query(
      `UPDATE audit_heads h SET (seq, hash) =
         (SELECT seq, hash FROM audit_logs l WHERE l.tenant_id = h.tenant_id AND l.seq = $2) WHERE h.tenant_id = $1`,
      [tenantId, last - 10],
    );
  });
  findings.hold(
    'the last ten removed, and the head set back',
    `${last - 9} entry_missing`,
    (await verify(stage, tenantId)).says,
  );

  const removed = Math.ceil(last * 0.6);
  await tamper(stage, (client) =>
    client.query('DELETE FROM audit_logs WHERE tenant_id = $1 AND seq = $2', [tenantId, removed]),
  );
  findings.hold('a row removed', `${removed} entry_missing`, (await verify(stage, tenantId)).says);

  const changed = Math.ceil(last * 0.3);
  await tamper(stage, (client) =>
    client.query(
      `UPDATE audit_logs SET content = regexp_replace(content::text, '"allowed"', '"allowee"')::json
       WHERE tenant_id = $1 AND seq = $2`,
      [tenantId, changed],
    ),
  );
  const broken = await verify(stage, tenantId);
  findings.hold('one byte changed', `${changed} entry_altered`, broken.says);
  findings.hold('exit code of audit:verify then', 1, broken.exitCode);
  return findings.all;
}

/** How many acts were done. Each is an entry, in the transaction of the act. */
async function write(stage: Stage, seconds: number): Promise<number> {
  const endAt = performance.now() + seconds * 1_000;
  let acts = 0;
  const writer = async (n: number): Promise<void> => {
    const { id } = await make(stage, 'webhook-endpoints', { name: `Writer ${n}`, service: 'github', secret: SECRET });
    acts++;
    const pool = stage.processes[n % stage.processes.length];
    if (!pool) throw new Error('there is no process');
    for (let turn = 1; performance.now() < endAt; turn++) {
      const body = { name: `Writer ${n}, turn ${turn}` };
      const { status } = await manage(stage, pool, `webhook-endpoints/${String(id)}`, body, { method: 'PATCH' });
      if (status !== 200) throw new Error(`an act was answered ${status}`);
      acts++;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, n) => writer(n)));
  return acts;
}

/** As a superuser does it, whom no trigger stops. */
async function tamper({ databaseUrl }: Stage, work: (client: Client) => Promise<unknown>): Promise<void> {
  await onDatabase(databaseUrl, async (client) => {
    await client.query(`SET session_replication_role = 'replica'`);
    await work(client);
  });
}

async function verify({ env, folder }: Stage, tenantId: string): Promise<Verdict> {
  const { exitCode, stdout, stderr } = await runCommand('enterprise/audit/verify', [tenantId], { env, folder });
  const valid = / {2}valid {3}(\d+) entries/.exec(stdout);
  if (valid) return { exitCode, says: 'valid', entries: Number(valid[1]) };
  const broken = /BROKEN {2}at entry (\d+) \([^)]*\): (\w+); (\d+) before/.exec(stdout);
  if (!broken) throw new Error(`audit:verify ended with ${exitCode}: ${stdout}${stderr}`);
  return { exitCode, says: `${broken[1]} ${broken[2]}`, entries: Number(broken[3]) };
}

async function defaultTenant({ databaseUrl }: Stage): Promise<string> {
  const { rows } = await onDatabase(databaseUrl, (client) =>
    client.query<{ id: string }>('SELECT id FROM tenants WHERE is_default'),
  );
  if (!rows[0]) throw new Error('there is no default tenant');
  return rows[0].id;
}

async function lastSeq({ databaseUrl }: Stage, tenantId: string): Promise<number> {
  const { rows } = await onDatabase(databaseUrl, (client) =>
    client.query<{ seq: number }>('SELECT seq::int AS seq FROM audit_heads WHERE tenant_id = $1', [tenantId]),
  );
  return rows[0]?.seq ?? 0;
}

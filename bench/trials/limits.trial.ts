import { onDatabase } from '../support/scratch-server.ts';
import { type Answer, make, manage, others, type Stage, untilTold } from './stage.ts';
import { type Finding, Findings } from './trial.ts';

/** More than there is room for, all at once over the connections of all processes. */
const OVER = 40;

interface Made {
  readonly what: string;
  readonly table: string;
  readonly limit: number;
  readonly body: (n: number) => object;
}

const USERS: Made = { what: 'users', table: 'users', limit: 50, body: (n) => ({ username: `trial-${n}` }) };
const PROJECTS: Made = { what: 'projects', table: 'projects', limit: 100, body: (n) => ({ name: `Trial ${n}` }) };

/** The 50th user and the 100th project of a professional tenant are made, and not one more. */
export async function limitsTrial(stage: Stage): Promise<Finding[]> {
  const { id } = await make(stage, 'tenants', { name: 'limits', tier: 'professional' });
  const findings: Finding[] = [];
  for (const made of [USERS, PROJECTS]) findings.push(...(await makeTooMany(stage, String(id), made)));
  return findings;
}

async function makeTooMany(stage: Stage, tenantId: string, made: Made): Promise<Finding[]> {
  const { what, table, limit, body } = made;
  const findings = new Findings(`${limit} ${what}`);
  const answers = await Promise.all(
    Array.from({ length: limit + OVER }, (_, n) => {
      const pool = stage.processes[n % stage.processes.length];
      if (!pool) throw new Error('there is no process');
      return untilTold(() => manage(stage, pool, what, body(n), { tenantId }));
    }),
  );
  const statuses = answers.map(statusOf);
  findings.hold('answered 201', limit, statuses.filter((status) => status === 201).length);
  findings.hold('answered 402', OVER, statuses.filter((status) => status === 402).length);
  findings.hold('other answers', 'none', others(statuses, [201, 402]));
  const refusals = answers.map(({ answer }) => answer);
  const faults = refusals.filter(({ status }) => status === 402).flatMap((answer) => faultsOf(answer, limit));
  findings.hold('faults in members', 'none', [...new Set(faults)].slice(0, 3).join('; ') || 'none');
  const { rows } = await onDatabase(stage.databaseUrl, (client) =>
    client.query<{ made: number; counted: number }>(
      `SELECT (SELECT count(*)::int FROM ${table} WHERE tenant_id = $1) AS made,
         (SELECT count::int FROM usage_counters WHERE tenant_id = $1 AND metric = $2 AND period = 'total') AS counted`,
      [tenantId, `${what}_created`],
    ),
  );
  findings.hold('there are', limit, rows[0]?.made ?? 0);
  findings.hold('counted', limit, rows[0]?.counted ?? 0);
  return findings.all;
}

/** Whose name is taken when it comes again was made the first time, and the answer did not tell. */
function statusOf({ answer: { status }, repeats }: { answer: Answer; repeats: number }): number {
  return status === 409 && repeats > 0 ? 201 : status;
}

function faultsOf({ json }: Answer, limit: number): string[] {
  const expected = { limit, used: limit, tier: 'professional', needed_tier: 'enterprise', status: 402 };
  const faults = Object.entries(expected).flatMap(([name, value]) =>
    json[name] === value ? [] : [`${name} is ${JSON.stringify(json[name])}`],
  );
  return String(json['type']).endsWith('limit-reached') ? faults : [...faults, `type is ${String(json['type'])}`];
}

import type { Spread } from '../support/statistics.ts';
import type { AuthReport, AuthRun, Figure } from './auth.result.ts';

/** The report as a page to read. */
export function authMarkdown({ measured_at, machine, load, databases }: AuthReport): string {
  return `# Who calls, and may they?

Times of one call in the built program. Medians of ${load.rounds} rounds of up to ${load.seconds} s for each figure, which took
turns, with the lowest and the highest round in brackets. What takes microseconds is timed a hundred calls at a time, so
its p99 is that of such a hundred, by the call. "From the cache" includes what is asked again meanwhile, so that nobody
waits; "asked of the database" has the cache emptied before each call. A sign-in is one request at a time over HTTP, from
the same process, and in turns with the same Argon2id by itself. Mira and its database share the machine.

${databases.map(databaseSection).join('\n')}
## The machine

${machine.cpu}, ${machine.cores} cores, ${machine.memory_mib} MiB, ${machine.os}, Node ${machine.node}.
Load average before: ${machine.load_before}. Measured ${measured_at}.
`;
}

function databaseSection({ kind, database, figures, argon2_share: share }: AuthRun): string {
  return `## ${kind === 'server' ? 'PostgreSQL server' : 'Embedded database'}

${database.version}.

| | median µs | p99 µs | goal µs | within |
| --- | --- | --- | --- | --- |
${figures.map(row).join('\n')}

Argon2id is ${percent(share.median)} [${percent(share.min)}–${percent(share.max)}] of a sign-in.
`;
}

function row({ name, goal_us, median_us, p99_us }: Figure): string {
  const verdict = goal_us === null ? '' : median_us.median < goal_us ? 'yes' : '**no**';
  return `| ${[name, text(median_us), text(p99_us), goal_us === null ? '' : `< ${goal_us}`, verdict].join(' | ')} |`;
}

function text({ median, min, max }: Spread): string {
  const digits = median < 10 ? 2 : median < 1_000 ? 1 : 0;
  return `${median.toFixed(digits)} [${min.toFixed(digits)}–${max.toFixed(digits)}]`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

import type { Spread } from '../support/statistics.ts';
import type { LimitsReport, LimitsRun, PathFigure } from './limits.result.ts';

/** So many of the statements of a request tell where its time goes. */
const STATEMENTS_SHOWN = 3;

/** The report as a page to read. */
export function limitsMarkdown({ measured_at, machine, load, rows, databases }: LimitsReport): string {
  return `# Much usage, a long trail

Requests over HTTP on ${load.connections} connections, to a Mira in the same process as those who ask, first on an empty database and then
on one with ${rows} usage counters (three years of many tenants) and ${rows} audit entries of the one tenant that asks, in a
chain, besides 12000 attempts of its last day. Medians of ${load.rounds} rounds of ${load.seconds} s, with the lowest and the highest
round in brackets. Mira, its database and those who ask share the machine.

${databases.map(databaseSection).join('\n')}
## The machine

${machine.cpu}, ${machine.cores} cores, ${machine.memory_mib} MiB, ${machine.os}, Node ${machine.node}.
Load average before: ${machine.load_before}. Measured ${measured_at}.
`;
}

function databaseSection({ kind, database, figures }: LimitsRun): string {
  return `## ${kind === 'server' ? 'PostgreSQL server' : 'Embedded database'}

${database.version}.

| | | median ms | p95 ms | goal ms | within |
| --- | --- | --- | --- | --- | --- |
${figures.flatMap(rowsOf).join('\n')}

${figures.map(statementsOf).join('\n')}`;
}

function rowsOf({ name, empty, full, ratio, goal_ms: goal }: PathFigure): string[] {
  const verdict = full.p95_ms.median < goal ? 'yes' : '**no**';
  return [
    `| ${name} | empty | ${text(empty.median_ms)} | ${text(empty.p95_ms)} | | |`,
    `| | full, ${ratio.toFixed(2)} times as long | ${text(full.median_ms)} | ${text(full.p95_ms)} | < ${goal} | ${verdict} |`,
  ];
}

function statementsOf({ name, statements }: PathFigure): string {
  const longest = statements.slice(0, STATEMENTS_SHOWN);
  return `### What ${name} asks

${statements.length} statements in the tenant's role; those that take longest:

${longest.map(({ statement, plan }) => `\`\`\`\n${statement}\n\n${plan}\n\`\`\`\n`).join('\n')}`;
}

function text({ median, min, max }: Spread): string {
  return `${median.toFixed(1)} [${min.toFixed(1)}–${max.toFixed(1)}]`;
}

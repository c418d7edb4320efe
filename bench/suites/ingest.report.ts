import type { Spread } from '../support/statistics.ts';
import type { DatabaseRun, IngestReport, Series } from './ingest.result.ts';

/** The report as a page to read. */
export function ingestMarkdown({ measured_at, machine, load, databases }: IngestReport): string {
  return `# Durable acknowledgement

Signed webhooks of ${load.body_bytes} bytes over ${load.connections} connections, each answered 202 after its commit:
signature, rate limit, dedup, routing, logs and delivery all on. The references parse the same requests and answer 202;
they prove, limit and store nothing. Medians of ${load.rounds} rounds of ${load.seconds} s that took turns, with the
lowest and the highest in brackets; ratios are to the bare NestJS handler in the same turn. Load generator, Mira,
database and the workflow that answers share the machine.

${databases.map(databaseSection).join('\n')}
## The machine

${machine.cpu}, ${machine.cores} cores, ${machine.memory_mib} MiB, ${machine.os}, Node ${machine.node}.
Load average before: ${machine.load_before}. Measured ${measured_at}.
`;
}

function databaseSection({ kind, database, series, delivery, memory }: DatabaseRun): string {
  const settings = Object.entries(database.settings).map(([name, value]) => `\`${name}\` ${value}`);
  return `## ${kind === 'server' ? 'PostgreSQL server' : 'Embedded database'}

${database.version}: ${settings.join(', ')}.

| | requests/s | of bare NestJS | p50 ms | p99 ms | p99 to bare NestJS |
| --- | --- | --- | --- | --- | --- |
${series.map(row).join('\n')}

With the route, ${delivery.acknowledged} webhooks were acknowledged and ${delivery.delivered} delivered, ${delivery.delivered_again} of them twice:
${text(delivery.per_second_under_load, 0)} a second while webhooks came in, ${text(delivery.per_second_afterwards, 0)} a second afterwards.
Mira's process held ${memory.under_load_mib} MiB under load, ${memory.at_end_mib} MiB at the end.
`;
}

function row({ name, per_second, p50_ms, p99_ms, ratio }: Series): string {
  const cells = [
    name,
    text(per_second, 0),
    text(ratio.per_second, 2),
    text(p50_ms, 1),
    text(p99_ms, 1),
    text(ratio.p99, 2),
  ];
  return `| ${cells.join(' | ')} |`;
}

function text({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}–${max.toFixed(digits)}]`;
}

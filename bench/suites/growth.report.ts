import type { Spread } from '../support/statistics.ts';
import type { GrowthReport } from './growth.result.ts';

/** The report as a page to read. */
export function growthMarkdown(report: GrowthReport): string {
  const { measured_at, machine, load, database, grown, size_mib, series, ratio, pages } = report;
  return `# Growth

Two Miras on one server, one on an empty database and one on ${grown.events.toLocaleString('en')} stored events of
${grown.tenants.toLocaleString('en')} tenants (${grown.own_events.toLocaleString('en')} of them the measured tenant's own), each with its dedup key,
its delivery and its attempt: ${size_mib} MiB. Signed webhooks over ${load.connections} connections with one route; medians of
${load.rounds} rounds of ${load.seconds} s that took turns, with the lowest and the highest in brackets. All share the machine.

${database.version}.

| | requests/s | of bare NestJS | p50 ms | p99 ms |
| --- | --- | --- | --- | --- |
${series
  .map(
    ({ name, per_second, ratio: to, p50_ms, p99_ms }) =>
      `| ${name} | ${text(per_second, 0)} | ${text(to.per_second, 2)} | ${text(p50_ms, 1)} | ${text(p99_ms, 1)} |`,
  )
  .join('\n')}

Grown to empty: ${text(ratio, 2)}.

## Pages of the grown one, one at a time

| page | rows | median ms | p95 ms |
| --- | --- | --- | --- |
${pages.map(({ what, rows, median_ms, p95_ms }) => `| ${what} | ${rows} | ${median_ms} | ${p95_ms} |`).join('\n')}

## The machine

${machine.cpu}, ${machine.cores} cores, ${machine.memory_mib} MiB, ${machine.os}, Node ${machine.node}.
Load average before: ${machine.load_before}. Measured ${measured_at}.
`;
}

function text({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}–${max.toFixed(digits)}]`;
}

import type { Spread } from '../support/statistics.ts';
import type { DeliveryReport, DeliveryRun, IdleFigures } from './delivery.result.ts';

/** The report as a page to read. */
export function deliveryMarkdown({ measured_at, machine, load, databases }: DeliveryReport): string {
  return `# Delivery

One Mira, with an n8n whose webhooks answer at once and another that works on one webhook at a time; all rows of each
delivery are written. Medians of ${load.rounds} rounds, with the lowest and the highest in brackets. Sender, Mira,
database and workflows share the machine.

${databases.map(databaseSection).join('\n')}
## The machine

${machine.cpu}, ${machine.cores} cores, ${machine.memory_mib} MiB, ${machine.os}, Node ${machine.node}.
Load average before: ${machine.load_before}. Measured ${measured_at}.
`;
}

function databaseSection({ kind, database, backlog, idle, slow }: DeliveryRun): string {
  const outcomes = Object.entries(slow.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `## ${kind === 'server' ? 'PostgreSQL server' : 'Embedded database'}

${database.version}.

| figure | seen |
| --- | --- |
| deliveries a second of a backlog, to a workflow that answers at once | ${text(backlog.per_second, 0)} |
| the same HTTP client with nothing stored | ${text(backlog.bare_per_second, 0)} |
| ratio | ${text(backlog.ratio, 2)} |
| from the sender's 202 to the receipt, nothing else to do | ${times(idle)} |
| ${slow.backlog} for an n8n that takes ${1_000 / slow.work_ms} a second: time until all were taken | ${slow.seconds} s, of which it worked ${Math.round(slow.busy * 100)} % |
| its attempts by outcome | ${outcomes.join(', ')} |
| requests that it had before it at most | ${slow.most_waiting} |
| another tenant's single events meanwhile, from the 202 to the receipt | ${times(slow.others)} |

${backlog.attempts_stored} attempts were written down of ${backlog.deliveries} deliveries.
`;
}

function times({ webhooks, median_ms, p95_ms, max_ms }: IdleFigures): string {
  return `median ${median_ms} ms, p95 ${p95_ms} ms, longest ${max_ms} ms (${webhooks})`;
}

function text({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}–${max.toFixed(digits)}]`;
}

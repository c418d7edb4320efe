import type { Gap, Ledger, TenantLedger } from './ledger';

/** The ledger for people: a few lines for each tenant, and then what does not agree. */
export function ledgerText({ at, tenants, gaps }: Ledger): string {
  const lines = [`The books as of ${at.toISOString()}`, ...tenants.flatMap(tenantLines), ''];
  if (gaps.length === 0)
    lines.push(`No gap in the books of ${tenants.length} ${tenants.length === 1 ? 'tenant' : 'tenants'}.`);
  else lines.push(`${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'}:`, ...gaps.map(gapLine));
  return lines.join('\n');
}

function tenantLines(ledger: TenantLedger): string[] {
  const { usage } = ledger;
  return [
    '',
    `${ledger.tenant_id}  ${ledger.name === null ? '(no such tenant)' : JSON.stringify(ledger.name)}`,
    `  received      ${ledger.received} = ${ledger.stored} stored + ${ledger.removed.stored} removed + ${ledger.refused} refused + ${usage.events_synced.total} synced`,
    `  counted       ${periods(usage.webhooks_received)} received, ${periods(usage.webhooks_refused)} refused`,
    `  deliveries    ${ledger.deliveries} of ${ledger.routed} routed, ${ledger.replayed} by replays; ${ledger.own_events} events of Mira's own`,
    `  attempts      ${ledger.attempts}`,
    `  workflows     ${ledger.workflows} of deliveries, ${ledger.removed.workflows} of removed ones, ${usage.workflows_triggered.total} triggered, counted ${periods(usage.workflows_executed)}`,
    `  integrations  ${ledger.integrations}, counted ${usage.integrations_active ?? 'never'}`,
  ];
}

function periods({
  total,
  by_day: byDay,
  by_month: byMonth,
}: {
  total: number;
  by_day: number;
  by_month: number;
}): string {
  return `${total} (by day ${byDay}, by month ${byMonth})`;
}

function gapLine({ tenant_id: tenantId, check, message, expected, found, of }: Gap): string {
  return `  ${tenantId}  ${check}: ${message}; ${expected} expected, ${found} found (${of.join(', ')})`;
}

import type { AuditEntryView } from './audit-view.dto';
import type { ExportFormat } from './audit.dto';

const COLUMNS = [
  'seq',
  'id',
  'created_at',
  'action',
  'outcome',
  'resource_type',
  'resource_id',
  'user_id',
  'api_key_id',
  'home_tenant_id',
  'request_id',
  'address',
  'user_agent',
  'before',
  'after',
  'erased_at',
] as const satisfies readonly (keyof AuditEntryView)[];

/** What a spreadsheet takes for a formula when a cell begins with it (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n|%]/;

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/jsonl; charset=utf-8',
};

/** What stands before the first entry. */
export function exportHead(format: ExportFormat): string {
  return format === 'csv' ? `${COLUMNS.join(',')}\r\n` : '';
}

export function exportLine(format: ExportFormat, entry: AuditEntryView): string {
  switch (format) {
    case 'csv':
      return `${COLUMNS.map((column) => csvCell(entry[column])).join(',')}\r\n`;
    case 'jsonl':
      return `${JSON.stringify(entry)}\n`;
  }
}

/** One field of CSV (RFC 4180), with an apostrophe before what a spreadsheet would reckon with. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

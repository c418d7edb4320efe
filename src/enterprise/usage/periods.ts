export const PERIODS = ['day', 'month'] as const;
export type Period = (typeof PERIODS)[number];

/** Where the one period begins that has no beginning. */
export const TOTAL_STARTS_ON = '1970-01-01';

const DAY_MS = 86_400_000;

/** The periods that a day belongs to, as rows. */
export function periodsOf(daySql: string): string {
  return `(VALUES ('day', ${daySql}), ('month', date_trunc('month', ${daySql}::timestamp)::date),
    ('total', DATE '${TOTAL_STARTS_ON}')) AS p (period, starts_on)`;
}

/** When the period of a day (`2026-11-22`) is over: the next UTC midnight, or that of the first of next month. */
export function endOf(period: Period, day: string): Date {
  const date = new Date(`${day}T00:00:00Z`);
  if (period === 'day') return new Date(date.getTime() + DAY_MS);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}

/** The day that begins the period which holds this day. */
export function startOf(period: Period, day: string): string {
  return period === 'day' ? day : `${day.slice(0, 7)}-01`;
}

/** The days on which the periods from `from` to `to` begin, both included. */
export function startsBetween(period: Period, from: string, to: string): string[] {
  const starts: string[] = [];
  for (let start = startOf(period, from); start <= to; start = dayOf(endOf(period, start))) starts.push(start);
  return starts;
}

export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

export function daysBefore(day: string, count: number): string {
  return dayOf(new Date(new Date(`${day}T00:00:00Z`).getTime() - count * DAY_MS));
}

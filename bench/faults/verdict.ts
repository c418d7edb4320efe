import type { Ledger } from './ledger.ts';

/** What a run did wrong, in words; nothing where all is well. A run that proved nothing is not well. */
export function faultsOf(ledger: Ledger): string[] {
  const faults: string[] = [];
  if (ledger.acknowledged === 0) faults.push('nothing was acknowledged, so nothing was proved');
  if (ledger.lost > 0) faults.push(`${ledger.lost} were acknowledged and lost`);
  if (ledger.undelivered > 0) faults.push(`${ledger.undelivered} were stored and not delivered`);
  if (ledger.open > 0) faults.push(`${ledger.open} deliveries are still open`);
  return faults;
}

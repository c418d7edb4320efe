import type { Bearing } from '../attempt/bearing';

/** Integrations that are counted for at most; whoever is well is not counted. */
const MAX_COUNTED = 10_000;

/** Counts the failures of each integration in a row, as this process sees them. */
export class IntegrationBreaker {
  private readonly failures = new Map<string, number>();

  constructor(private readonly allowed: number) {}

  /**
   * Takes note of how an attempt was borne. True when that was one failure too many: its deliveries are to be held.
   * Counting begins anew then. Of a probe, which only one that is held already has, the first is too many.
   */
  opens(integrationId: string, bearing: Bearing | null, isProbe = false): boolean {
    if (bearing === null) return false;
    if (isProbe && bearing === 'strained') return true;
    const count = bearing === 'strained' ? (this.failures.get(integrationId) ?? 0) + 1 : 0;
    this.failures.delete(integrationId);
    if (count >= this.allowed) return true;
    if (count === 0) return false;
    for (const oldest of this.failures.keys()) {
      if (this.failures.size < MAX_COUNTED) break;
      this.failures.delete(oldest);
    }
    this.failures.set(integrationId, count);
    return false;
  }
}

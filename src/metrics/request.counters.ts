import { WEBHOOK_OUTCOMES, type WebhookOutcome } from './webhook-outcome';

/** Counts of the receiving routes since the process started, under the names they have in /metrics. */
export interface RequestTotals {
  readonly total_requests: number;
  readonly successful_requests: number;
  readonly failed_requests: number;
  readonly rate_limited_requests: number;
  readonly invalid_signature_requests: number;
  readonly quota_exceeded_requests: number;
  readonly rejected_requests: number;
  readonly success_rate: number;
  readonly uptime_compliance: boolean;
}

/** The success rate that is promised, in percent. */
const PROMISED_RATE = 99.9;

/** Counts requests by outcome. Every request is in exactly one of the counts beside the total. */
export class RequestCounters {
  private readonly counts = new Map<WebhookOutcome, number>(WEBHOOK_OUTCOMES.map((outcome) => [outcome, 0]));

  count(outcome: WebhookOutcome): void {
    this.counts.set(outcome, this.of(outcome) + 1);
  }

  totals(): RequestTotals {
    const successful = this.of('accepted') + this.of('answered');
    const success_rate = successRate(successful, this.of('failed'));
    return {
      total_requests: [...this.counts.values()].reduce((sum, count) => sum + count, 0),
      successful_requests: successful,
      failed_requests: this.of('failed'),
      rate_limited_requests: this.of('rate_limited'),
      invalid_signature_requests: this.of('invalid_signature'),
      quota_exceeded_requests: this.of('quota_exceeded'),
      rejected_requests: this.of('rejected'),
      success_rate,
      uptime_compliance: success_rate >= PROMISED_RATE,
    };
  }

  private of(outcome: WebhookOutcome): number {
    return this.counts.get(outcome) ?? 0;
  }
}

/**
 * Percent of the requests that the gateway could have served and did. Those it was right to refuse are in neither
 * part: counted as successes they would hide an outage behind a flood of bad signatures, counted as failures they
 * would let any stranger spoil the figure. Cut to two decimals, not rounded, so that one failure in a million
 * never reads as 100 and the promise is never met by rounding. 100 where nothing was asked yet.
 */
export function successRate(successful: number, failed: number): number {
  const served = successful + failed;
  return served === 0 ? 100 : Math.floor((successful * 10_000) / served) / 100;
}

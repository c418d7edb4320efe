import type { JobAttempt } from 'pg-boss';

/**
 * First attempts of one commit that share a job: a job costs the database about as much as the event itself, and most
 * deliveries need no more than one attempt. Few enough that a job is done soon.
 */
export const ATTEMPTS_PER_JOB = 8;

/**
 * A job that this process holds: one and the same attempt of one or several deliveries of a tenant. It is finished
 * when each of these has ended; `claim` proves then that it is still held.
 */
export class ClaimedJob {
  private left: number;

  constructor(
    readonly tenantId: string,
    readonly deliveryIds: readonly string[],
    readonly attempt: number,
    readonly claim: JobAttempt,
  ) {
    this.left = deliveryIds.length;
  }

  /** Deliveries of it that have not ended. */
  get open(): number {
    return this.left;
  }

  /** One more has ended, for good. */
  ended(): void {
    this.left--;
  }
}

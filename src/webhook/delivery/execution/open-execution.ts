import type { SealedConnection } from '../../../n8n/integration.connection';

/** A delivery that n8n took, and of whose execution something is still to be done. */
export interface OpenExecution {
  readonly tenantId: string;
  readonly deliveryId: string;
  /** `failed`: n8n is to run its execution once more. */
  readonly status: 'accepted' | 'running' | 'failed';
  /** The number of the attempt that n8n took. */
  readonly attempt: number;
  /** Null as long as it is not known. */
  readonly executionId: string | null;
  /** Executions that earlier attempts, or the ones that n8n runs again, led to. */
  readonly earlier: readonly string[];
  /** How often it was asked for, this time included. */
  readonly count: number;
  /** Since the request was sent, or n8n was told to run it again; in milliseconds, by the database's clock. */
  readonly ageMs: number;
  /** Since it was first to run once more, in milliseconds. */
  readonly retryMs: number;
  /** Since n8n was told so: then it is only looked for. Null where it was not. */
  readonly toldMs: number | null;
  /** How often n8n ran it again, and how often the route wants it to by itself. */
  readonly retriesMade: number;
  readonly retriesAllowed: number;
  /** The workflow that took it; null where the route named a path. */
  readonly workflowId: string | null;
  /** The n8n that took it; null where that was deleted. */
  readonly integration: SealedConnection | null;
}

import type { SealedConnection } from '../../../n8n/integration.connection';

/** A delivery that n8n took, and of whose execution something is still to be done. */
export interface OpenExecution {
  readonly tenantId: string;
  readonly deliveryId: string;
  /** `failed`: n8n is to run its execution once more. */
  readonly status: 'accepted' | 'running' | 'failed';
  /** Null as long as it is not known. */
  readonly executionId: string | null;
  /** How often it was asked for, this time included. */
  readonly count: number;
  /** When the request was sent, or n8n was told to run it again. */
  readonly sentAt: Date;
  /** Since then, in milliseconds, by the database's clock. */
  readonly ageMs: number;
  /** How often n8n ran it again, and how often the route wants it to by itself. */
  readonly retriesMade: number;
  readonly retriesAllowed: number;
  /** Null where the route names a path, or is gone. */
  readonly workflowId: string | null;
  /** Null where the route or the integration was deleted. */
  readonly integration: SealedConnection | null;
}

import type { Origin } from './origin';

/** One request of an admin that acts in a tenant that is not their own. */
export interface Crossing {
  readonly userId: string | null;
  readonly apiKeyId: string | null;
  readonly fromTenantId: string;
  readonly toTenantId: string;
  /** The method and the pattern of the address, such as `GET /api/v1/events/:id`. */
  readonly route: string;
  readonly origin: Origin;
}

/** Where crossings of tenants are reported. The request goes on when it is written, and fails if it cannot be. */
export abstract class CrossingLog {
  abstract record(crossing: Crossing): Promise<void>;
}

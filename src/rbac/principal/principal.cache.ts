import type { Principal } from '@mira/access';
import { Injectable } from '@nestjs/common';
import type { AllowedNetworks } from './allowed-networks';
import { LeasedCache } from './leased-cache';

const MAX_ENTRIES = 10_000;
const MAX_ABSENT = 1_000;

/** What is known of a good credential. */
export interface CredentialFacts {
  readonly principal: Principal;
  /** Milliseconds since 1970 from which on it is good no longer; infinite where it has no end. */
  readonly endsAtMs: number;
  /** Null: it may be used from anywhere. */
  readonly networks: AllowedNetworks | null;
}

/** The credentials that were used a moment ago, by their hash. */
@Injectable()
export class PrincipalCache extends LeasedCache<CredentialFacts> {
  constructor() {
    super({ maxEntries: MAX_ENTRIES, maxAbsent: MAX_ABSENT, now: () => performance.now() });
  }
}

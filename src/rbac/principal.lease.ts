import { AccessLease } from '@mira/access';
import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { DATABASE_TARGET, type DatabaseTarget } from '../database/database-target';
import { LEASE_MS } from './principal/leased-cache';
import { PrincipalCache } from './principal/principal.cache';

/** For a timer that rings a little early, and clocks that do not run quite alike. */
const MARGIN_MS = 50;

/**
 * Other processes may act on what they remember until their lease is over, and nobody can tell them to stop. So
 * whoever changed something waits for that long. The embedded database has this one process alone.
 */
@Injectable()
export class PrincipalLease extends AccessLease {
  constructor(
    private readonly cache: PrincipalCache,
    @Inject(DATABASE_TARGET) private readonly target: DatabaseTarget,
  ) {
    super();
  }

  async passed(): Promise<void> {
    this.cache.clear();
    if (this.target.kind === 'server') await wait(LEASE_MS + MARGIN_MS);
  }
}

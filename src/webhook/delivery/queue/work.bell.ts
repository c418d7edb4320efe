import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { MiraConfig } from '../../../config/mira.config';
import { DATABASE_TARGET, type DatabaseTarget } from '../../../database/database-target';

const CHANNEL = 'mira_work';
/** A notification takes a lock that all commits with one share; so there is one for all that comes in so many ms. */
const AT_MOST_EVERY_MS = 20;
/** How often the ear asks whether the server is still there, and how long it rests where it is not, in milliseconds. */
const CHECK_EVERY_MS = 30_000;
const TRY_AGAIN_MS = 1_000;

/**
 * Tells workers of other processes that there is something to do, by the database's own notifications. They look by
 * themselves twice a second, so that a ring which nobody hears costs half a second and nothing else. It is silent where
 * there is one process, and where a pooler keeps no sessions to listen in.
 */
@Injectable()
export class WorkBell implements OnApplicationShutdown {
  private readonly logger = new Logger(WorkBell.name);
  private readonly isConnected: boolean;
  private ringing: NodeJS.Timeout | null = null;
  private ear: Client | null = null;
  private ended = false;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(DATABASE_TARGET) private readonly target: DatabaseTarget,
    { database }: MiraConfig,
  ) {
    this.isConnected = target.kind === 'server' && !database.transaction_pooling;
  }

  /** Soon, and once for all who ask until then. */
  ring(): void {
    if (!this.isConnected || this.ringing || this.ended) return;
    this.ringing = setTimeout(() => {
      this.ringing = null;
      // Unheard, it is found by whoever looks next.
      this.dataSource.query('SELECT pg_notify($1, $2)', [CHANNEL, '']).catch(() => undefined);
    }, AT_MOST_EVERY_MS);
  }

  /** Calls back for each ring, and once whenever it may have missed one. */
  listen(onRing: () => void): void {
    if (this.isConnected) void this.listenAgainAndAgain(onRing);
  }

  async onApplicationShutdown(): Promise<void> {
    this.ended = true;
    if (this.ringing) clearTimeout(this.ringing);
    await this.ear?.end().catch(() => undefined);
  }

  private async listenAgainAndAgain(onRing: () => void): Promise<void> {
    while (!this.ended) {
      try {
        await this.listenUntilItEnds(onRing);
      } catch (error) {
        this.logger.debug(`nothing is heard of new work for now: ${String(error)}`);
      }
      if (!this.ended) await sleep(TRY_AGAIN_MS, undefined, { ref: false });
    }
  }

  /** On a connection of its own: those of the pool are anybody's. */
  private async listenUntilItEnds(onRing: () => void): Promise<void> {
    // It hears nothing for hours where there is nothing to hear, so that its silence is no sign of anything.
    const { Client: ListeningClient = Client, stream: _stream, ...connection } = this.target.pool;
    const ear = new (ListeningClient as typeof Client)({ ...connection, application_name: 'mira-bell' });
    const ended = new Promise<void>((end) => ear.once('end', end));
    this.ear = ear;
    await ear.connect();
    const check = setInterval(() => void ear.query('SELECT 1').catch(() => ear.end()), CHECK_EVERY_MS).unref();
    try {
      ear.on('notification', onRing);
      await ear.query(`LISTEN ${CHANNEL}`);
      onRing();
      await ended;
    } finally {
      clearInterval(check);
      this.ear = null;
      await ear.end().catch(() => undefined);
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from '../database/database-target';
import type { TroubleReason } from '../database/server.trouble';
import { Upkeep } from '../database/upkeep';
import { MetricsService } from '../metrics/metrics.service';

/**
 * How far the clocks of this process and of the database may be apart, in seconds. Signed times and tokens are judged by
 * the one (300 s of grace, and less), what is due by the other.
 */
const CLOCKS_APART_SECONDS = 10;
/** The same trouble is told again after so long, in milliseconds, while it lasts. */
const TOLD_EVERY_MS = 60_000;

const WORDS: Readonly<Record<TroubleReason, string>> = {
  disk_full: 'the database has no room left on its disk: what is new may not be stored',
  out_of_memory: 'the database has no memory left',
  too_many_connections:
    'the database takes no more connections: raise its max_connections, or lower database.pool_size',
  disk_fails: 'the disk of the database fails',
};

/** What is wrong with a database that answers: what it says of itself, and a clock that is not this machine's. */
@Injectable()
export class DatabaseWatch extends Upkeep {
  protected readonly everyMs = 30_000;
  private readonly toldAt = new Map<TroubleReason, number>();
  /** How far this process is ahead of the database, in seconds, when somebody last looked. */
  private ahead = 0;
  private areApart = false;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(DATABASE_TARGET) private readonly target: DatabaseTarget,
    metrics: MetricsService,
  ) {
    super();
    const troubles = metrics.counter(
      'mira_database_troubles_total',
      'Statements and connections that the database refused because of its own state',
      ['reason'],
    );
    // From the first scrape on: what begins with its first trouble shows no increase.
    for (const reason of Object.keys(WORDS)) troubles.inc({ reason }, 0);
    this.target.trouble.onNoted((reason) => {
      troubles.inc({ reason });
      this.tell(reason);
    });
    metrics.gauge(
      'mira_clock_ahead_seconds',
      'How far the clock of this process is ahead of the clock of the database',
      () => this.look(),
    );
  }

  /** In words for people; null where nothing is wrong. */
  get complaint(): string | null {
    const [trouble] = this.target.trouble.recent;
    if (trouble !== undefined) return WORDS[trouble];
    return this.areApart ? `the clock of this process is ${inWords(this.ahead)} the clock of the database` : null;
  }

  /** To a tenth. */
  get clockAheadSeconds(): number {
    return Math.round(this.ahead * 10) / 10;
  }

  override onApplicationBootstrap(): void {
    super.onApplicationBootstrap();
    void this.tryToRun();
  }

  protected async run(): Promise<void> {
    await this.look();
  }

  /** In the middle of the question and its answer the database read its clock, give or take half of the way. */
  private async look(): Promise<number> {
    const askedAt = Date.now();
    const [row]: { now: number }[] = await this.dataSource.query(
      'SELECT extract(epoch FROM clock_timestamp())::float8 AS now',
    );
    const answeredAt = Date.now();
    if (!row) throw new Error('the database did not say what time it is');
    const ahead = (askedAt + answeredAt) / 2_000 - row.now;
    this.judge(ahead, Math.abs(answeredAt - askedAt) / 2_000);
    return ahead;
  }

  private judge(ahead: number, uncertainty: number): void {
    this.ahead = ahead;
    const areApart = Math.abs(ahead) - uncertainty > CLOCKS_APART_SECONDS;
    if (areApart === this.areApart) return;
    this.areApart = areApart;
    if (areApart) this.logger.warn({ msg: `the clock of this process is ${inWords(ahead)} the clock of the database` });
    else this.logger.log({ msg: 'the clocks of this process and of the database agree again' });
  }

  private tell(reason: TroubleReason): void {
    const now = performance.now();
    if (now - (this.toldAt.get(reason) ?? -Infinity) < TOLD_EVERY_MS) return;
    this.toldAt.set(reason, now);
    this.logger.warn({ msg: WORDS[reason], reason });
  }
}

function inWords(ahead: number): string {
  return `${Math.abs(ahead).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
}

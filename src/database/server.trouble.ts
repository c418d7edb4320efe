/** Ways in which a server cannot do what it is asked, whatever that is: by their SQLSTATEs (PostgreSQL, appendix A). */
const REASONS = {
  '53100': 'disk_full',
  '53200': 'out_of_memory',
  '53300': 'too_many_connections',
  '58030': 'disk_fails',
} as const;

export type TroubleReason = (typeof REASONS)[keyof typeof REASONS];

/** So long after it was last told of, in milliseconds, it may be over. */
const LASTS_MS = 60_000;

/** What the server told this process of its troubles, by whatever connection. */
export class ServerTrouble {
  private readonly lastAt = new Map<TroubleReason, number>();
  private listener: (reason: TroubleReason) => void = () => undefined;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes any SQLSTATE; most are of no trouble. */
  note(sqlState: string | undefined): void {
    const reason = sqlState !== undefined && Object.hasOwn(REASONS, sqlState) ? REASONS[sqlState as never] : undefined;
    if (reason === undefined) return;
    this.lastAt.set(reason, this.now());
    this.listener(reason);
  }

  /** Tells of each time. There is one listener: a later one takes the place of the one before. */
  onNoted(listener: (reason: TroubleReason) => void): void {
    this.listener = listener;
  }

  /** Of the last minute, the newest first. */
  get recent(): TroubleReason[] {
    const since = this.now() - LASTS_MS;
    return [...this.lastAt]
      .filter(([, at]) => at > since)
      .toSorted(([, one], [, other]) => other - one)
      .map(([reason]) => reason);
  }
}

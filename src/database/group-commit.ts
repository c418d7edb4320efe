interface Waiting<Item, Result> {
  readonly item: Item;
  readonly weight: number;
  readonly deadline: number;
  readonly since: number;
  readonly done: (result: Result) => void;
  readonly fail: (error: unknown) => void;
}

export interface GroupCommitOptions<Item, Result> {
  /** Commits all items in one transaction; one result an item, in their order. Rejects when nothing was committed. */
  readonly commit: (items: readonly Item[]) => Promise<Result[]>;
  /** Runs the work of a group, with all that it is split into, when its turn has come; at once where it is left out. */
  readonly inTurn?: (items: readonly Item[], work: () => Promise<void>) => Promise<void>;
  /** Only items with the same answer share a transaction; all may where it is left out. */
  readonly sharedBy?: ((item: Item) => string) | undefined;
  /** Most items of one transaction. */
  readonly maxGroup: number;
  /** What an item weighs, in bytes. */
  readonly weightOf: (item: Item) => number;
  /** Most bytes of one transaction, unless a single item has more. */
  readonly maxGroupBytes: number;
  /** Transactions under way at the same time. */
  readonly maxConcurrent: number;
  /**
   * One more begins beside another only for so many items, or for `maxGroupBytes`: fewer wait and share the next. 1 where
   * it is left out.
   */
  readonly besideFrom?: number;
  /** How long an item may wait for its turn before it is refused, in milliseconds. */
  readonly maxWaitMs: number;
  /** Most items that may wait; one more is refused at once, so that a slow database does not fill the memory. */
  readonly maxWaiting: number;
  /** Most bytes that may wait, likewise. */
  readonly maxWaitingBytes: number;
  /** Told for each item how long it waited for its transaction to begin. */
  readonly onTaken?: (waitedMs: number) => void;
  /** True for an error that is the fault of a single row, so that the others can still be saved. */
  readonly isRowFault: (error: unknown) => boolean;
}

/** Nothing was taken: the queue for the database is too long, or it moved too slowly. */
export class GroupCommitOverloadError extends Error {
  override readonly name = 'GroupCommitOverloadError';
}

/**
 * Lets the writers that arrive while a transaction is on its way share the next one: under load the database
 * commits once for many, idle it commits at once for one. A row that the database refuses fails alone:
 * its group is split until the row is found.
 */
export class GroupCommit<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  private waitingBytes = 0;
  private running = 0;
  private beginning = false;
  private idle: (() => void)[] = [];

  constructor(private readonly options: GroupCommitOptions<Item, Result>) {}

  /** Resolves when the item is committed. */
  submit(item: Item): Promise<Result> {
    const weight = this.options.weightOf(item);
    const { maxWaiting, maxWaitingBytes } = this.options;
    if (this.waiting.length >= maxWaiting || (this.waitingBytes > 0 && this.waitingBytes + weight > maxWaitingBytes)) {
      return Promise.reject(new GroupCommitOverloadError('too many writes wait for the database'));
    }
    return new Promise<Result>((done, fail) => {
      this.waitingBytes += weight;
      this.waiting.push({
        item,
        weight,
        deadline: Date.now() + this.options.maxWaitMs,
        since: performance.now(),
        done,
        fail,
      });
      // After the current turn of the event loop, so that requests parsed in it share one transaction.
      if (this.beginning || !this.mayBegin) return;
      this.beginning = true;
      setImmediate(() => {
        this.beginning = false;
        this.next();
      });
    });
  }

  /** Resolves when nothing waits and nothing is on its way. */
  async drained(): Promise<void> {
    if (this.running === 0 && this.waiting.length === 0) return;
    await new Promise<void>((resume) => this.idle.push(resume));
  }

  private get mayBegin(): boolean {
    const { maxConcurrent, besideFrom = 1, maxGroupBytes } = this.options;
    if (this.waiting.length === 0 || this.running >= maxConcurrent) return false;
    return this.running === 0 || this.waiting.length >= besideFrom || this.waitingBytes >= maxGroupBytes;
  }

  private next(): void {
    while (this.mayBegin) {
      const group = this.takeGroup();
      if (group.length > 0) void this.run(group);
    }
    if (this.running === 0 && this.waiting.length === 0) {
      for (const resume of this.idle.splice(0)) resume();
    }
  }

  private takeGroup(): Waiting<Item, Result>[] {
    const now = Date.now();
    return this.waiting.splice(0, this.groupLength(this.gather())).filter((one) => {
      this.waitingBytes -= one.weight;
      if (one.deadline > now) return true;
      one.fail(new GroupCommitOverloadError('the database did not take the write in time'));
      return false;
    });
  }

  /** Puts those in front who may share the transaction of the first, as they came; how many these are. */
  private gather(): number {
    const { sharedBy } = this.options;
    const [first] = this.waiting;
    if (!sharedBy || !first) return this.waiting.length;
    const shared = sharedBy(first.item);
    const together = this.waiting.filter(({ item }) => sharedBy(item) === shared);
    const others = this.waiting.filter(({ item }) => sharedBy(item) !== shared);
    this.waiting.splice(0, this.waiting.length, ...together, ...others);
    return together.length;
  }

  /** How many of the first `count` of those who wait fit into one transaction; at least the first. */
  private groupLength(count: number): number {
    const { maxGroup, maxGroupBytes } = this.options;
    let bytes = 0;
    const tooMany = this.waiting.findIndex(({ weight }, i) => {
      bytes += weight;
      return i >= count || i >= maxGroup || (i > 0 && bytes > maxGroupBytes);
    });
    return tooMany === -1 ? this.waiting.length : tooMany;
  }

  private async run(group: Waiting<Item, Result>[]): Promise<void> {
    this.running++;
    const { onTaken } = this.options;
    if (onTaken) {
      const now = performance.now();
      for (const { since } of group) onTaken(now - since);
    }
    try {
      const { inTurn = (_items, work) => work() } = this.options;
      const items = group.map(({ item }) => item);
      await inTurn(items, () => this.commit(group));
    } finally {
      this.running--;
      this.next();
    }
  }

  private async commit(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.options.commit(group.map(({ item }) => item));
      group.forEach((one, i) => {
        const result = results[i];
        if (result === undefined) one.fail(new Error('the commit gave no result for this item'));
        else one.done(result);
      });
    } catch (error) {
      if (group.length === 1 || !this.options.isRowFault(error)) {
        for (const one of group) one.fail(error);
        return;
      }
      const half = Math.ceil(group.length / 2);
      await this.commit(group.slice(0, half));
      await this.commit(group.slice(half));
    }
  }
}

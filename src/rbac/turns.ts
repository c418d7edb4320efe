/** Lets so many do something at a time, first come first served, and no more wait for it than there is patience for. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param refuse makes the error for those who find too many waiting */
  constructor(
    private readonly atATime: number,
    private readonly maxWaiting: number,
    private readonly refuse: () => Error,
  ) {}

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.atATime) this.running++;
    else if (this.waiting.length >= this.maxWaiting) throw this.refuse();
    else await new Promise<void>((turn) => this.waiting.push(turn));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

import { UsageClock } from '../../src/enterprise/usage/usage.clock';

/** Stands still until it is set. */
export class SetClock extends UsageClock {
  override now = '';

  constructor(moment: string) {
    super();
    this.set(moment);
  }

  get date(): Date {
    return new Date(this.now.slice("TIMESTAMPTZ '".length, -1));
  }

  set(moment: string): void {
    this.now = `TIMESTAMPTZ '${new Date(moment).toISOString()}'`;
  }
}

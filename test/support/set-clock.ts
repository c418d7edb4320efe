import { UsageClock } from '../../src/enterprise/usage/usage.clock';

/** Stands still until it is set. */
export class SetClock extends UsageClock {
  date: Date;

  constructor(moment: string) {
    super();
    this.date = new Date(moment);
  }

  override get now(): string {
    return `TIMESTAMPTZ '${this.date.toISOString()}'`;
  }

  set(moment: string): void {
    this.date = new Date(moment);
  }
}

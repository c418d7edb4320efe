/**
 * How many bytes of bodies this process holds at one time. They are read before their sender can be proved, so without
 * a cap as many strangers as can connect would decide how much memory there has to be.
 */
export class BodyBudget {
  private held = 0;

  constructor(private readonly maxBytes: number) {}

  /** Counts these bytes in, unless they are more than there is room for. */
  take(bytes: number): boolean {
    if (this.held + bytes > this.maxBytes) return false;
    this.held += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.held -= bytes;
  }
}

/**
 * Work that several evaluations may do together, beside the bound of each: a count of what is looked at and no time, so
 * that the same filters and facts always come to the same. Once it is used up, whatever is asked with it is `exhausted`.
 */
export class FilterBudget {
  /** @param left in units of `MAX_WORK` */
  constructor(private left: number) {}

  /** False where there is not so much. */
  take(amount: number): boolean {
    this.left -= amount;
    return this.left >= 0;
  }
}

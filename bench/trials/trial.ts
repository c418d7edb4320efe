/** One thing that had to be so. */
export interface Finding {
  readonly trial: string;
  readonly what: string;
  readonly expected: string | number;
  readonly seen: string | number;
}

/** Keeps what one trial finds. */
export class Findings {
  readonly all: Finding[] = [];
  private readonly trial: string;

  constructor(trial: string) {
    this.trial = trial;
  }

  hold(what: string, expected: string | number, seen: string | number): void {
    this.all.push({ trial: this.trial, what, expected, seen });
  }
}

export function isMiss({ expected, seen }: Finding): boolean {
  return expected !== seen;
}

/** How much of everything; the short form is for every change, the long one for before a release. */
export interface Measure {
  /** What is left of the day's webhooks when the load begins. */
  readonly webhooksLeft: number;
  /** How many more are sent than there is room for. */
  readonly webhooksOver: number;
  readonly secondsBeforeMidnight: number;
  readonly leftBeforeMidnight: number;
  readonly leftAfterMidnight: number;
  readonly auditSeconds: number;
}

export const FULL: Measure = {
  webhooksLeft: 10_000,
  webhooksOver: 3_000,
  secondsBeforeMidnight: 10,
  leftBeforeMidnight: 3_000,
  leftAfterMidnight: 3_000,
  auditSeconds: 30,
};

export const SHORT: Measure = {
  webhooksLeft: 500,
  webhooksOver: 500,
  secondsBeforeMidnight: 4,
  leftBeforeMidnight: 400,
  leftAfterMidnight: 400,
  auditSeconds: 5,
};

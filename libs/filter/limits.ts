/** Characters of a filter's text. */
export const MAX_LENGTH = 2_000;

/** Parentheses and `not`s within each other. */
export const MAX_DEPTH = 20;

/** Conditions, values and paths together. */
export const MAX_NODES = 200;

/** What one evaluation may look at, in characters of texts. A filter that wants more does not match. */
export const MAX_WORK = 2_000_000;

/**
 * What the steps of an evaluation weigh, in characters looked at: about the time that each takes. A condition that compares
 * nothing costs too, so that a filter of many of them is not free.
 */
export const CONDITION_WORK = 4;
export const STEP_WORK = 8;
export const ITEM_WORK = 4;

/** Characters of a filter's text. */
export const MAX_LENGTH = 2_000;

/** Parentheses and `not`s within each other. */
export const MAX_DEPTH = 20;

/** Conditions, values and paths together. */
export const MAX_NODES = 200;

/** What one evaluation may look at: characters of texts and items of lists. A filter that wants more does not match. */
export const MAX_WORK = 2_000_000;

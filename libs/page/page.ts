import { encodeCursor } from './cursor';

/** One page of a list, and where the next one begins: null on the last. */
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/**
 * Makes a page of rows that were asked for with `LIMIT limit + 1`: the one too many only says that there is more.
 *
 * @param rows in the list's order, at most `limit + 1`
 * @param limit how many a page holds, at least 1
 * @param idOf the UUID that the list is ordered by
 */
export function toPage<T>(rows: readonly T[], limit: number, idOf: (row: T) => string): Page<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(idOf(last)) : null };
}

/** What is otherwise than it was, by field. */
export type Changes = Record<string, { readonly before: unknown; readonly after: unknown }>;

/** Says nothing by itself: it moves with every change. */
const FOLLOWS = 'updated_at';

/**
 * The fields in which two views of one thing differ, both of texts, numbers and null alone; null where there are none,
 * and so nothing to store or to tell.
 */
export function changesBetween<T extends object>(before: T, after: T): Changes | null {
  const was = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(after).flatMap(([field, value]): [string, Changes[string]][] =>
    field === FOLLOWS || was.get(field) === value ? [] : [[field, { before: was.get(field), after: value }]],
  );
  return changed.length === 0 ? null : Object.fromEntries(changed);
}

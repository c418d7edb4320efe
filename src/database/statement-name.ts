const names = new Map<string, string>();

/**
 * The name of a prepared statement for this text, the same each time: each connection then parses and plans it only once.
 * For texts of which the program has few.
 */
export function statementName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `mira-${names.size + 1}`;
  names.set(text, name);
  return name;
}

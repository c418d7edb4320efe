/**
 * A configuration of deploy/ with names that lead to this machine. Throws where it has nothing of what is to be
 * replaced: it is tried as it is, or not at all.
 */
export function configured(name: string, pattern: string, put: readonly (readonly [RegExp, string])[]): string {
  return put.reduce((config, [found, text]) => {
    if (config.search(found) === -1) throw new Error(`${name} has nothing like ${found.source} any more`);
    return config.replace(found, text);
  }, pattern);
}

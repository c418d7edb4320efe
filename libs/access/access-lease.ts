/**
 * The promise under which it may be remembered what a credential may do: for a short while and no longer. Whoever
 * takes something away (a role, a key, an account, a tenant) waits it out after the commit and before the answer,
 * so that the next request meets the change in every process.
 */
export abstract class AccessLease {
  /** To be called after the commit; resolves when nobody can act on what was true before. */
  abstract passed(): Promise<void>;
}

import type { EntityManager } from 'typeorm';

/**
 * Whoever makes one more of something that a tenant may have so many of calls this first: until the transaction ends,
 * others who would make one of them wait, so that what is counted afterwards stays true. To be called before rows are
 * locked; who holds several takes them in the order of the type. `events` is held by whoever gives deliveries to events
 * that are there, after the row of a replay, and by whoever takes old ones away, who locks no such row.
 */
export async function holdTenant(
  manager: EntityManager,
  what: 'routes' | 'replays' | 'events',
  tenantId: string,
): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${what} ${tenantId}`]);
}

/**
 * The numbers of the locks by which processes take turns at what only one of them is to do at a time. Any would do that
 * nothing else takes; every release has the same, for two may run side by side.
 */
export const ADVISORY_LOCKS = {
  migration: 7_305_211,
  firstStart: 7_305_212,
  /** Rights on the queue's tables. */
  queueGrant: 7_305_213,
  orphans: 7_305_214,
  limitAlerts: 7_305_215,
} as const;

/** The same for one tenant at a time: the first of two numbers, of which the tenant's hash is the other. */
export const TENANT_ADVISORY_LOCKS = { auditKeeper: 7_305_213 } as const;

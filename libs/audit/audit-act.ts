import type { Principal } from '@mira/access';

/**
 * Who does something, as far as an audit tells it: a person, a key of theirs, or neither where Mira acts by itself for
 * a tenant. A principal is one.
 */
export type Actor = Pick<Principal, 'tenantId' | 'userId' | 'apiKeyId' | 'homeTenantId' | 'origin'>;

/** What was done, to what. Neither secrets nor more of a row than an answer would show belong in `before` and `after`. */
export interface AuditAct {
  /** The kind of thing and what became of it, such as `user.created`. */
  readonly action: `${string}.${string}`;
  readonly resourceType: string;
  readonly resourceId: string | null;
  readonly before?: object;
  readonly after?: object;
  /** `allowed`, unless it is said. */
  readonly outcome?: 'allowed' | 'denied';
  /** Recorded whatever the plan and the configuration say: an admin acts on what is another tenant's. */
  readonly crossing?: boolean;
}

/** The acts on one kind of thing, so that a service names it once. */
export function actsOn(resourceType: string) {
  return {
    created: (after: Identified): AuditAct => act('created', after.id, { after }),
    updated: (before: Identified, after: Identified): AuditAct => act('updated', after.id, { before, after }),
    deleted: (before: Identified): AuditAct => act('deleted', before.id, { before }),
    /** Anything else that is done to it. */
    did: (verb: string, resourceId: string, more: Pick<AuditAct, 'before' | 'after' | 'outcome'> = {}): AuditAct =>
      act(verb, resourceId, more),
  } as const;

  function act(verb: string, resourceId: string, more: Pick<AuditAct, 'before' | 'after' | 'outcome'>): AuditAct {
    return { action: `${resourceType}.${verb}`, resourceType, resourceId, ...more };
  }
}

interface Identified {
  readonly id: string;
}

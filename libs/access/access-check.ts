import type { Permission } from './permissions';

/** What a decision rests on. */
export type DecidedBy = 'role' | 'key' | 'tenant' | 'plan' | 'quota';

export interface AccessVerdict {
  readonly allowed: boolean;
  readonly by: DecidedBy;
  /** One sentence for the person who asks. */
  readonly reason: string;
}

export interface AccessQuestion {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly permission: Permission;
}

/**
 * Something beside the role that may stand in the way, such as a plan or a quota. It only ever takes away: null says
 * that nothing stands in the way here.
 */
export abstract class AccessCheck {
  abstract objection(question: AccessQuestion): Promise<AccessVerdict | null>;
}

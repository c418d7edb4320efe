import type { Origin } from './origin';
import type { Permission, Role } from './permissions';

/**
 * Who stands behind a request, as its credential proved: a person (`userId`), an API key of a person
 * (both ids), or a tenant's shared secret (neither). `permissions` is what holds for this request, which is
 * less than the role's where a key was narrowed.
 */
export interface Principal {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly apiKeyId: string | null;
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
  /** The sign-in that an access token belongs to. */
  readonly sessionId?: string;
  /** Whose own tenant it is, where an admin acts in another: `tenantId` is the one acted in. */
  readonly homeTenantId?: string;
  /** Of the request that is under way; nothing is decided by it. */
  readonly origin?: Origin;
}

/** Beside the request instead of on it: no header, body or other middleware can put a principal there. */
const principals = new WeakMap<object, Principal>();

/** Remembers who sent a request. Called once a request, by whatever verified the credential. */
export function setPrincipal(request: object, principal: Principal): void {
  principals.set(request, principal);
}

/** Who sent a request, or undefined while nobody has been authenticated. */
export function principalOf(request: object): Principal | undefined {
  return principals.get(request);
}

/** Those of `needed` that the principal does not hold, in the order asked; an empty list means: go ahead. */
export function missingPermissions(principal: Principal, needed: readonly Permission[]): Permission[] {
  return needed.filter((permission) => !principal.permissions.has(permission));
}

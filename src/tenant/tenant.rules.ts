import type { Principal } from '@mira/access';
import { type Problem, problems } from '@mira/problem';
import type { Tenant } from './tenant.entity';

/** Only admin crosses tenants. */
export function tenantSeenBy(who: Principal, id: string): boolean {
  return who.role === 'admin' || who.tenantId === id;
}

/** The same, as in their own tenant: what they do to tenants, they do from there. */
export function homeOf(who: Principal): Principal {
  return { ...who, tenantId: who.homeTenantId ?? who.tenantId };
}

export function foundTenant(tenant: Tenant | null): Tenant {
  if (!tenant) throw noSuchTenant();
  return tenant;
}

export function noSuchTenant(): Problem {
  return problems.notFound('There is no such tenant.');
}

/** Webhooks that `webhook.secret_key` proves are its own, and a database without it would make it anew. */
export function defaultStays(verb: 'deactivated' | 'deleted'): Problem {
  return problems.conflict(`The default tenant cannot be ${verb}.`);
}

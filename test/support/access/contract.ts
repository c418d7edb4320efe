import type { Permission, Role } from '@mira/access';

const ALL = ['admin', 'manager', 'user', 'viewer'] as const;
const MEMBERS = ['admin', 'manager', 'user'] as const;
const STAFF = ['admin', 'manager'] as const;
const ADMIN = ['admin'] as const;

/**
 * Which role holds which permission, as was promised to those who call. Typed by hand and on purpose not derived from
 * the registry: a slip there must differ from what stands here.
 */
export const PROMISED: Readonly<Record<Permission, readonly Role[]>> = {
  'tenant:read': ALL,
  'tenant:create': ADMIN,
  'tenant:update': ADMIN,
  'tenant:delete': ADMIN,
  'project:read': ALL,
  'project:update': MEMBERS,
  'project:create': STAFF,
  'project:delete': STAFF,
  'agent:execute': MEMBERS,
  'agent:configure': STAFF,
  'integration:read': ALL,
  'integration:create': STAFF,
  'integration:update': STAFF,
  'integration:delete': STAFF,
  'webhook:receive': MEMBERS,
  'webhook:configure': STAFF,
  'webhook:read': ALL,
  'user:read': ALL,
  'user:create': STAFF,
  'user:update': STAFF,
  'user:delete': STAFF,
  'usage:read': ALL,
  'audit:read': STAFF,
  'benchmark:read': STAFF,
};

export const ROLES_PROMISED = ALL;

export function promisedTo(role: Role): Permission[] {
  return permissionsPromised().filter((permission) => PROMISED[permission].includes(role));
}

export function permissionsPromised(): Permission[] {
  return Object.keys(PROMISED) as Permission[];
}

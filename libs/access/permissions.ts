/** The roles a person can have in a tenant, from the most to the least powerful. */
export const ROLES = ['admin', 'manager', 'user', 'viewer'] as const;

export type Role = (typeof ROLES)[number];

/** One row of the registry: who holds the permission, and what it lets them do. */
export interface PermissionEntry {
  readonly roles: readonly Role[];
  readonly description: string;
}

const ADMIN = ['admin'] as const;
const STAFF = ['admin', 'manager'] as const;
const MEMBERS = ['admin', 'manager', 'user'] as const;
const EVERYONE = ROLES;

/**
 * Every permission there is. A line here is the whole declaration of a new one: the type, the guard,
 * the matrix in the documents (`npm run docs:permissions`) and the rows of the tests are all derived from it.
 */
export const PERMISSIONS = {
  'tenant:read': { roles: EVERYONE, description: 'See the tenant itself' },
  'tenant:create': { roles: ADMIN, description: 'Make a tenant' },
  'tenant:update': { roles: ADMIN, description: "Change a tenant's name, tier or state" },
  'tenant:delete': { roles: ADMIN, description: 'Delete a tenant and all that is its own' },

  'project:read': { roles: EVERYONE, description: 'See projects and their tasks' },
  'project:update': { roles: MEMBERS, description: 'Change projects and their tasks' },
  'project:create': { roles: STAFF, description: 'Make a project' },
  'project:delete': { roles: STAFF, description: 'Delete a project with its tasks' },

  'agent:execute': { roles: MEMBERS, description: 'Run an agent, trigger a workflow, sync an integration' },
  'agent:configure': { roles: STAFF, description: 'Switch an agent on or off and set it up' },

  'integration:read': { roles: EVERYONE, description: 'See integrations, their workflows and executions' },
  'integration:create': { roles: STAFF, description: 'Connect a system such as n8n' },
  'integration:update': { roles: STAFF, description: "Change an integration's address or credentials" },
  'integration:delete': { roles: STAFF, description: 'Disconnect an integration' },

  'webhook:receive': { roles: MEMBERS, description: 'Send webhooks to the gateway with an API key' },
  'webhook:configure': { roles: STAFF, description: 'Manage endpoints and routes, replay events, retry deliveries' },
  'webhook:read': { roles: EVERYONE, description: 'See endpoints, routes, events and deliveries' },

  'user:read': { roles: EVERYONE, description: "See the tenant's people" },
  'user:create': { roles: STAFF, description: 'Add a person to the tenant' },
  'user:update': { roles: STAFF, description: "Change a person's role or state, and their API keys" },
  'user:delete': { roles: STAFF, description: 'Remove a person from the tenant' },

  'usage:read': { roles: EVERYONE, description: 'See usage, limits and analytics' },
  'audit:read': { roles: STAFF, description: 'Read, export and verify the audit log' },
  'benchmark:read': { roles: STAFF, description: 'See and compare benchmarks' },
} as const satisfies Record<string, PermissionEntry>;

export type Permission = keyof typeof PERMISSIONS;

/** Tells a permission from any other string, for names that come from a request or a row. */
export function isPermission(name: string): name is Permission {
  return Object.hasOwn(PERMISSIONS, name);
}

/** Tells a role from any other string. */
export function isRole(name: string): name is Role {
  return ROLES.some((role) => role === name);
}

/** All permissions, in the order of the registry. */
export const ALL_PERMISSIONS: readonly Permission[] = Object.freeze(Object.keys(PERMISSIONS).filter(isPermission));

const permissionsByRole: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  admin: heldBy('admin'),
  manager: heldBy('manager'),
  user: heldBy('user'),
  viewer: heldBy('viewer'),
};

/** What a role may do: one shared set a role, made once, so that asking costs nothing on the hot path. */
export function permissionsOfRole(role: Role): ReadonlySet<Permission> {
  return permissionsByRole[role];
}

function heldBy(role: Role): ReadonlySet<Permission> {
  const holds = (permission: Permission) => PERMISSIONS[permission].roles.some((holder) => holder === role);
  return new Set(ALL_PERMISSIONS.filter(holds));
}

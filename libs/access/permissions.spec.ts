import { isPermission, isRole, PERMISSIONS, permissionsOfRole, ROLES } from './index';

/**
 * What clients were promised, written out by hand on purpose: the registry is compared with this, not with itself. A
 * permission that is added later need not be added here.
 */
const MATRIX: Record<string, string> = {
  'tenant:read': 'admin manager user viewer',
  'tenant:create': 'admin',
  'tenant:update': 'admin',
  'tenant:delete': 'admin',
  'project:read': 'admin manager user viewer',
  'project:update': 'admin manager user',
  'project:create': 'admin manager',
  'project:delete': 'admin manager',
  'agent:execute': 'admin manager user',
  'agent:configure': 'admin manager',
  'integration:read': 'admin manager user viewer',
  'integration:create': 'admin manager',
  'integration:update': 'admin manager',
  'integration:delete': 'admin manager',
  'webhook:receive': 'admin manager user',
  'webhook:configure': 'admin manager',
  'webhook:read': 'admin manager user viewer',
  'user:read': 'admin manager user viewer',
  'user:create': 'admin manager',
  'user:update': 'admin manager',
  'user:delete': 'admin manager',
  'usage:read': 'admin manager user viewer',
  'audit:read': 'admin manager',
  'benchmark:read': 'admin manager',
};

describe('the permission registry', () => {
  it('holds the permissions of the matrix', () => {
    expect(Object.keys(MATRIX).filter((permission) => !isPermission(permission))).toEqual([]);
  });

  it.each(ROLES)('gives the role %s, of the matrix, exactly what it gives it', (role) => {
    const expected = Object.keys(MATRIX).filter((permission) => MATRIX[permission]?.split(' ').includes(role));

    const promised = [...permissionsOfRole(role)].filter((permission) => Object.hasOwn(MATRIX, permission));

    expect(promised.sort()).toEqual(expected.sort());
  });

  it('never gives a lesser role what a greater one lacks', () => {
    for (const [index, role] of ROLES.entries()) {
      const greater = ROLES[index - 1];
      if (greater) expect([...permissionsOfRole(role)].every((p) => permissionsOfRole(greater).has(p))).toBe(true);
    }
  });

  it('describes each permission', () => {
    for (const entry of Object.values(PERMISSIONS)) expect(entry.description).toMatch(/\w{3}/);
  });

  it('takes no inherited property name for a permission or a role', () => {
    expect(isPermission('webhook:read')).toBe(true);
    expect(isPermission('constructor')).toBe(false);
    expect(isPermission('webhook:*')).toBe(false);
    expect(isRole('viewer')).toBe(true);
    expect(isRole('toString')).toBe(false);
  });
});

import { type Permission, permissionsOfRole, type Principal, type Role } from '@mira/access';
import { ApiKey } from './api-key.entity';
import { isOwn, renewed, rolesUpTo, unnarrowed } from './api-key.rules';
import type { Reach } from './api-key.reach';

const reach = (permissions: Iterable<Permission>): Reach => ({
  permissions: new Set(permissions),
  networks: null,
  expiresAt: null,
});

describe('the rules of API keys', () => {
  it('put nobody below who is above', () => {
    expect((['admin', 'manager', 'user', 'viewer'] as Role[]).map((role) => rolesUpTo(role).length)).toEqual([
      4, 3, 2, 1,
    ]);
    expect(rolesUpTo('manager')).not.toContain('admin');
  });

  it('take nothing for own in a tenant that is not', () => {
    const who: Principal = {
      tenantId: 'a',
      userId: 'ada',
      apiKeyId: null,
      role: 'admin',
      permissions: permissionsOfRole('admin'),
    };
    expect(isOwn(who, 'ada')).toBe(true);
    expect(isOwn(who, 'bob')).toBe(false);
    expect(isOwn({ ...who, homeTenantId: 'b' }, 'ada')).toBe(false);
  });

  it('leave a key of ones own unbounded, and write down what others may see of one', () => {
    expect(unnarrowed(true, 'user', reach(permissionsOfRole('user')))).toBeNull();
    const seen = unnarrowed(false, 'user', reach(permissionsOfRole('manager')));
    expect(new Set(seen)).toEqual(permissionsOfRole('user'));
  });

  it('bound what a narrowed key makes by what it may itself', () => {
    expect(unnarrowed(true, 'manager', reach(['webhook:read', 'tenant:create']))).toEqual(['webhook:read']);
  });

  it('leave of a key that is shown anew what whoever sees it may do today', () => {
    const key = (permissions: Permission[] | null): ApiKey => Object.assign(new ApiKey(), { permissions });
    const manager = reach(permissionsOfRole('manager'));
    expect(renewed(key(['tenant:read', 'tenant:create']), false, 'viewer', manager)).toEqual(['tenant:read']);
    expect(new Set(renewed(key(null), false, 'user', manager))).toEqual(permissionsOfRole('user'));
    // One's own, with all that one may: it goes on as it was.
    const own = reach(permissionsOfRole('user'));
    expect(renewed(key(['tenant:read', 'tenant:create']), true, 'user', own)).toEqual(['tenant:read', 'tenant:create']);
    expect(renewed(key(null), true, 'user', own)).toBeNull();
  });
});

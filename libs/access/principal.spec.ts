import { missingPermissions, permissionsOfRole, principalOf, setPrincipal, type Principal } from './index';

const viewer: Principal = {
  tenantId: '0198c0de-0000-7000-8000-000000000001',
  userId: '0198c0de-0000-7000-8000-000000000002',
  apiKeyId: null,
  role: 'viewer',
  permissions: permissionsOfRole('viewer'),
};

describe('the principal of a request', () => {
  it('is unknown until somebody is authenticated', () => {
    const request = {};
    expect(principalOf(request)).toBeUndefined();

    setPrincipal(request, viewer);

    expect(principalOf(request)).toBe(viewer);
    expect(principalOf({})).toBeUndefined();
  });

  it('cannot be put there by a property of the request', () => {
    expect(principalOf({ principal: viewer, user: viewer })).toBeUndefined();
  });

  it('lacks what is asked for and not held, in the order asked', () => {
    expect(missingPermissions(viewer, ['webhook:configure', 'webhook:read', 'audit:read'])).toEqual([
      'webhook:configure',
      'audit:read',
    ]);
    expect(missingPermissions(viewer, ['webhook:read'])).toEqual([]);
  });
});

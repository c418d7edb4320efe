import { permissionsOfRole } from '@mira/access';
import { beyond, type Reach } from './api-key.reach';

const unbounded: Reach = { permissions: permissionsOfRole('manager'), networks: null, expiresAt: null };
const narrow: Reach = {
  permissions: new Set(['webhook:receive'] as const),
  networks: ['10.0.0.0/8'],
  expiresAt: new Date('2027-01-01T00:00:00.000Z'),
};

describe('the reach of a key', () => {
  it('lies within itself and within one without bounds', () => {
    expect(beyond(narrow, narrow)).toEqual([]);
    expect(beyond(unbounded, unbounded)).toEqual([]);
    expect(beyond(narrow, unbounded)).toEqual([]);
  });

  it('goes beyond a narrower one in every way that it does', () => {
    expect(beyond(unbounded, narrow)).toEqual(['more permissions', 'wider networks', 'a longer life']);
    expect(beyond({ ...narrow, permissions: new Set(['webhook:read'] as const) }, narrow)).toEqual([
      'more permissions',
    ]);
    expect(beyond({ ...narrow, networks: ['10.0.0.0/8', '11.0.0.0/8'] }, narrow)).toEqual(['wider networks']);
    expect(beyond({ ...narrow, expiresAt: new Date('2027-01-01T00:00:00.001Z') }, narrow)).toEqual(['a longer life']);
  });

  it('may be narrower still', () => {
    const narrower = { permissions: new Set<never>(), networks: ['10.1.0.0/16'], expiresAt: new Date(0) };
    expect(beyond(narrower, narrow)).toEqual([]);
  });
});

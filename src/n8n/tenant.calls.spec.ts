import { TenantCalls } from './tenant.calls';

describe('calls that wait for people of a tenant', () => {
  it('are turned away where there are too many at a time, of that tenant only', async () => {
    const sut = new TenantCalls();
    const gate = Promise.withResolvers<string>();
    const eight = Array.from({ length: 8 }, () => sut.during('a', () => gate.promise));
    await expect(sut.during('a', async () => 'x')).rejects.toMatchObject({ code: 'rate-limit-exceeded' });
    expect(await sut.during('b', async () => 'y')).toBe('y');
    gate.resolve('z');
    expect(await Promise.all(eight)).toEqual(Array(8).fill('z'));
    expect(await sut.during('a', async () => 'x')).toBe('x');
  });

  it('leave their place when they fail', async () => {
    const sut = new TenantCalls();
    for (let count = 0; count < 9; count++) {
      await expect(sut.during('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
  });
});

import { isDatabaseUrl, withoutPassword } from './database-url';

describe('withoutPassword', () => {
  it.each([
    ['postgres://mira:hush@db:5432/mira', 'postgres://mira:(hidden)@db:5432/mira'],
    ['postgresql://mira:hu%40sh@db/mira', 'postgresql://mira:(hidden)@db/mira'],
    ['postgres://:hush@db/mira', 'postgres://:(hidden)@db/mira'],
    ['postgres://mira@db/mira', 'postgres://mira@db/mira'],
    ['postgres://db/mira', 'postgres://db/mira'],
    ['postgres://mira:hush@[::1]:5432/mira', 'postgres://mira:(hidden)@[::1]:5432/mira'],
    ['postgres:///mira?host=/run/postgresql', 'postgres:///mira?host=/run/postgresql'],
    ['postgres://mira:hush@/mira?host=/sockets/db', 'postgres://mira:(hidden)@/mira?host=/sockets/db'],
    ['postgres://db/mira?user=mira&password=hush', 'postgres://db/mira?user=mira&password=(hidden)'],
  ])('shows %s as %s', (url, shown) => {
    expect(isDatabaseUrl(url)).toBe(true);
    expect(withoutPassword(url)).toBe(shown);
  });

  it.each([
    'mysql://mira:hush@db/mira',
    'postgres://mira:1/hush@db/mira',
    'postgres://mira:1?hush@db/mira',
    'postgres://mira:1#hush@db/mira',
    'postgres://mira:hu@/sh@db/mira',
    'postgres://mira:hush hush@db/mira',
    'postgres://',
  ])('shows nothing of %s, of which the password cannot be told', (url) => {
    expect(isDatabaseUrl(url)).toBe(false);
    expect(withoutPassword(url)).toBe('(hidden)');
  });
});

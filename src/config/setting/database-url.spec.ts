import { isDatabaseUrl, serverUrls, withoutPassword } from './database-url';

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
    [
      'postgres://mira:hush@a:5432,[::1]:5433,c/mira?target_session_attrs=read-write',
      'postgres://mira:(hidden)@a:5432,[::1]:5433,c/mira?target_session_attrs=read-write',
    ],
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
    'postgres://mira:hush@a,,b/mira',
    'postgres://mira:hush@a,b c/mira',
  ])('shows nothing of %s, of which the password cannot be told', (url) => {
    expect(isDatabaseUrl(url)).toBe(false);
    expect(withoutPassword(url)).toBe('(hidden)');
  });
});

describe('serverUrls', () => {
  it.each([
    ['postgres://u:p@a/d', ['postgres://u:p@a/d']],
    ['postgres://u:p@a:1,b:2/d', ['postgres://u:p@a:1/d', 'postgres://u:p@b:2/d']],
    [
      'postgresql://a,[::1]:2/d?sslmode=require',
      ['postgresql://a/d?sslmode=require', 'postgresql://[::1]:2/d?sslmode=require'],
    ],
    ['postgres://a/d?target_session_attrs=primary', ['postgres://a/d']],
    ['postgres://a,b/d?x=1&target_session_attrs=read-write&y=2', ['postgres://a/d?x=1&y=2', 'postgres://b/d?x=1&y=2']],
    ['postgres:///d?host=/sockets/db', ['postgres:///d?host=/sockets/db']],
  ])('has one for each server of %s', (url, each) => {
    expect(serverUrls(url)).toEqual(each);
  });

  it.each(['standby', 'read-only', 'prefer-standby', 'nonsense', ''])(
    'is nothing where servers are wanted that take no writes: %j',
    (wanted) => expect(isDatabaseUrl(`postgres://a,b/d?target_session_attrs=${wanted}`)).toBe(false),
  );
});

import { editDistance, nearest } from './nearest';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['port', '', 4],
    ['', 'port', 4],
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['pot', 'port', 1],
    ['poort', 'port', 1],
    ['part', 'port', 1],
    ['kitten', 'sitting', 3],
  ])('from "%s" to "%s" is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });
});

describe('nearest', () => {
  const known = ['webhook.port', 'webhook.rate_limit_enabled', 'webhook.rate_limit', 'log.level', 'role'];

  it.each([
    ['webhook.prot', 'prot', 'webhook.port'],
    ['webhook.rateLimitEnabled', 'rateLimitEnabled', 'webhook.rate_limit_enabled'],
    ['port', 'port', 'webhook.port'],
    ['server.prot', 'prot', 'webhook.port'],
    ['webhook.limit', 'limit', 'webhook.rate_limit'],
    ['server.port', 'port', 'webhook.port'],
    ['loglevel', 'loglevel', 'log.level'],
    ['Role', 'Role', 'role'],
  ])('takes %s for the known name that was meant', (unknown, tail, meant) => {
    expect(nearest(unknown, tail, known)).toBe(meant);
  });

  it('always has an answer while anything is known', () => {
    expect(known).toContain(nearest('', '', known));
    expect(known).toContain(nearest('x'.repeat(100_000), 'x', known));
    expect(nearest('port', 'port', [])).toBeUndefined();
  });
});

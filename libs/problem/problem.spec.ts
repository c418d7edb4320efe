import { CATALOGUE, Problem, problems, problemType } from './index';

describe('the catalogue', () => {
  it.each(Object.entries(CATALOGUE))('says of %s all that an answer needs', (code, kind) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(kind.status).toBeGreaterThanOrEqual(400);
    expect(kind.status).toBeLessThan(600);
    expect(kind.title).not.toBe('');
    expect(kind.detail).toMatch(/\.$/);
  });

  it('gives each problem a type that ends in its code', () => {
    expect(problemType('quota-exceeded')).toBe('urn:mira:problem:quota-exceeded');
  });
});

describe('a problem', () => {
  it('has the standard members, with the words of the catalogue where it brings none', () => {
    expect(new Problem('not-found').toBody('req-1')).toEqual({
      type: 'urn:mira:problem:not-found',
      title: 'Not found',
      status: 404,
      detail: 'There is no such thing here.',
      request_id: 'req-1',
    });
  });

  it('lets no extra member take the place of a standard one', () => {
    const body = new Problem('conflict', { members: { status: 200, type: 'x', name: 'Acme' } }).toBody('req-1');

    expect(body).toMatchObject({ status: 409, type: 'urn:mira:problem:conflict', name: 'Acme' });
  });

  it('keeps what lies behind it out of the answer', () => {
    const problem = problems.internal(new Error('password authentication failed for user "mira"'));

    expect(JSON.stringify(problem.toBody('req-1'))).not.toContain('mira"');
    expect(problem.cause).toBeInstanceOf(Error);
  });

  it.each([
    [problems.invalidSignature(), 403, 'Invalid signature'],
    [problems.unknownService(), 404, 'Unknown service'],
    [problems.rateLimitExceeded(3), 429, 'Rate limit exceeded'],
  ])('carries the fixed words that senders look for: %s', (problem, status, error) => {
    expect(problem.toBody('req-1')).toMatchObject({ status, error });
  });

  it('tells when to come again, in whole seconds and never at once', () => {
    const problem = problems.rateLimitExceeded(8.64, { RateLimit: '"client";r=0;t=9' });

    expect(problem.toBody('req-1')).toMatchObject({ retry_after: 9 });
    expect(problem.headers).toEqual({ 'Retry-After': '9', RateLimit: '"client";r=0;t=9' });
    expect(problems.rateLimitExceeded(0).headers).toEqual({ 'Retry-After': '1' });
    expect(problems.serviceUnavailable(undefined, 0.2).headers).toEqual({ 'Retry-After': '1' });
  });

  it('tells of a quota what it is, what is used, and when it starts anew', () => {
    const resetsAt = new Date('2026-03-02T00:00:00.000Z');
    const quota = { limit: 1000, used: 1000, resetsAt, tier: 'professional', currentTier: 'basic' };
    const problem = problems.quotaExceeded(quota, {}, new Date('2026-03-01T23:00:00.000Z'));

    expect(problem.headers).toEqual({ 'Retry-After': '3600' });
    expect(problem.toBody('req-1')).toMatchObject({
      type: 'urn:mira:problem:quota-exceeded',
      status: 429,
      limit: 1000,
      used: 1000,
      resets_at: '2026-03-02T00:00:00.000Z',
      tier: 'professional',
      needed_tier: 'professional',
      current_tier: 'basic',
    });
  });

  it('tells of a limit which tier would allow more', () => {
    const body = problems.limitReached({ limit: 5, used: 5, tier: 'basic', neededTier: 'professional' }).toBody('r');

    expect(body).toMatchObject({ status: 402, limit: 5, used: 5, tier: 'basic', needed_tier: 'professional' });
  });

  it('challenges who comes without a credential', () => {
    expect(problems.unauthorized().headers).toEqual({ 'WWW-Authenticate': 'Bearer realm="mira"' });
  });
});

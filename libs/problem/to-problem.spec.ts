import { ConflictException, ForbiddenException, HttpException, InternalServerErrorException } from '@nestjs/common';
import { problems, toProblem } from './index';

describe('turning what was thrown into a problem', () => {
  it('leaves a problem as it is', () => {
    const problem = problems.notFound('There is no such event.');

    expect(toProblem(problem)).toBe(problem);
  });

  it('asks the classifier about all else, before it looks at the error itself', () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const classify = (error: unknown) => (error === away ? problems.serviceUnavailable() : null);

    expect(toProblem(away, classify)).toMatchObject({ code: 'service-unavailable' });
    expect(toProblem(new Error('else'), classify)).toMatchObject({ code: 'internal' });
    expect(toProblem(problems.conflict(), () => problems.internal())).toMatchObject({ code: 'conflict' });
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [405, 'method-not-allowed'],
    [406, 'not-acceptable'],
    [408, 'request-timeout'],
    [409, 'conflict'],
    [412, 'precondition-failed'],
    [413, 'payload-too-large'],
    [414, 'uri-too-long'],
    [415, 'unsupported-media-type'],
    [418, 'bad-request'],
    [429, 'rate-limit-exceeded'],
    [431, 'headers-too-large'],
    [500, 'internal'],
    [502, 'internal'],
    [503, 'service-unavailable'],
  ])('knows an HttpException of status %i as %s', (status, code) => {
    expect(toProblem(new HttpException('words', status)).code).toBe(code);
  });

  it('gives a framework’s 401 and 503 the headers that theirs must have', () => {
    expect(toProblem(new HttpException('no', 401)).headers).toHaveProperty('WWW-Authenticate');
    expect(toProblem(new HttpException('no', 503)).headers).toHaveProperty('Retry-After');
  });

  it('passes on the words that a module of a team chose, but no words of a server error', () => {
    expect(toProblem(new ConflictException('This name is taken.')).message).toBe('This name is taken.');
    expect(toProblem(new ConflictException()).message).not.toBe('Conflict');
    expect(toProblem(new ForbiddenException('Forbidden resource')).message).not.toContain('resource');
    expect(toProblem(new InternalServerErrorException('host db-1 is down')).message).not.toContain('db-1');
  });

  it.each(['a string', null, undefined, 42, {}, new Error('boom')])(
    'answers %p with a bare internal error',
    (thrown) => {
      const problem = toProblem(thrown);

      expect(problem.code).toBe('internal');
      expect(problem.members).toEqual({});
      expect(problem.message).not.toContain('boom');
    },
  );

  it('takes no plain property for a status: only errors made for HTTP have one', () => {
    expect(toProblem(Object.assign(new Error('upstream said no'), { statusCode: 404 })).code).toBe('internal');
    expect(toProblem({ statusCode: 404, expose: true, message: 'no' }).code).toBe('internal');
  });
});

import { Problem } from '@mira/problem';
import type { NextFunction, Request, Response } from 'express';
import { PassThrough } from 'node:stream';
import { keepRawBody, rawBodyOf } from './raw-body';

const LIMIT = 10;

/** A request whose body is still to come, from a stream that the test writes to. */
function aRequest(headers: Record<string, string> = {}) {
  const stream = new PassThrough();
  const request = Object.assign(stream, { headers }) as unknown as Request<object>;
  const passedOn = new Promise<unknown[]>((done) => {
    const next: NextFunction = (...args: unknown[]) => done(args);
    void keepRawBody(LIMIT)(request as Request, {} as Response, next);
  });
  return { stream, request, passedOn };
}

function refusalOf(request: Request<object>): unknown {
  try {
    return rawBodyOf(request);
  } catch (error) {
    return error instanceof Problem ? error.code : error;
  }
}

describe('the raw body', () => {
  it.each([
    ['in one piece', ['{"a":1}']],
    ['in many', ['{', '"a"', '', ':1}']],
    ['of as many bytes as may be', ['0123456789']],
  ])('is kept, %s', async (_case, pieces) => {
    const { stream, request, passedOn } = aRequest();
    for (const piece of pieces) stream.write(piece);
    stream.end();
    expect(await passedOn).toEqual([]);
    expect(rawBodyOf(request).toString()).toBe(pieces.join(''));
  });

  it('is empty where there is none', async () => {
    const { stream, request, passedOn } = aRequest();
    stream.end();
    await passedOn;
    expect(rawBodyOf(request)).toHaveLength(0);
  });

  it('that says that it is too large is refused before any of it comes', async () => {
    const { request, passedOn } = aRequest({ 'content-length': '11' });
    expect(await passedOn).toEqual([]);
    expect(refusalOf(request)).toBe('payload-too-large');
  });

  it('that never ends is refused as soon as it is too large, and read no further', async () => {
    const { stream, request, passedOn } = aRequest();
    stream.write('01234567');
    stream.write('89a');
    expect(await passedOn).toEqual([]);
    expect(refusalOf(request)).toBe('payload-too-large');
    expect(stream.isPaused()).toBe(true);
    for (const event of ['data', 'aborted']) expect(stream.listenerCount(event)).toBe(0);
  });

  it('that is slow holds nothing up but its own request, which goes on when it is whole', async () => {
    const { stream, request, passedOn } = aRequest();
    const seen: string[] = [];
    void passedOn.then(() => seen.push('passed on'));
    for (const piece of 'slow') {
      stream.write(piece);
      await new Promise(setImmediate);
    }
    expect(seen).toEqual([]);
    stream.end();
    await passedOn;
    expect(rawBodyOf(request).toString()).toBe('slow');
  });

  it.each(['aborted', 'error'])('that breaks off (%s) is refused', async (event) => {
    const { stream, request, passedOn } = aRequest();
    stream.write('half');
    await new Promise(setImmediate);
    stream.emit(event, new Error('gone'));
    expect(await passedOn).toEqual([]);
    expect(refusalOf(request)).toBe('bad-request');
  });
});

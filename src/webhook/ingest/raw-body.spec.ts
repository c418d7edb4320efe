import { Problem } from '@mira/problem';
import type { NextFunction, Request, Response } from 'express';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { BodyBudget } from './body.budget';
import { keepRawBody, rawBodyOf } from './raw-body';

const LIMIT = 10;

/** A request whose body is still to come, from a stream that the test writes to. */
function aRequest(headers: Record<string, string> = {}, budget = new BodyBudget(1_000)) {
  const stream = new PassThrough();
  const request = Object.assign(stream, { headers }) as unknown as Request<object>;
  const response = new EventEmitter();
  const passedOn = new Promise<unknown[]>((done) => {
    const next: NextFunction = (...args: unknown[]) => done(args);
    void keepRawBody(LIMIT, budget)(request as Request, response as Response, next);
  });
  return { stream, request, response, passedOn };
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

  describe('and those of others together', () => {
    /** Room for one body and a half. */
    const aBudget = () => new BodyBudget(15);

    async function whole(budget: BodyBudget, text: Iterable<string>) {
      const sent = aRequest({}, budget);
      for (const piece of text) {
        sent.stream.write(piece);
        await new Promise(setImmediate);
      }
      sent.stream.end();
      return { ...sent, passed: await sent.passedOn };
    }

    it('are held only up to so many bytes; what is too much is refused, and closes its connection', async () => {
      const budget = aBudget();
      expect((await whole(budget, '0123456789')).passed).toEqual([]);
      const { passed, stream } = await whole(budget, '012345');
      expect(passed).toEqual([expect.objectContaining({ code: 'service-unavailable' })]);
      expect(passed[0]).toMatchObject({ headers: { 'Retry-After': expect.any(String), Connection: 'close' } });
      expect(stream.isPaused()).toBe(true);
    });

    it('are counted until they are answered, and no longer', async () => {
      const budget = aBudget();
      for (let n = 0; n < 3; n++) {
        const { passed, response } = await whole(budget, '0123456789');
        expect(passed).toEqual([]);
        response.emit('close');
        response.emit('close');
      }
      await whole(budget, '0123456789');
      expect((await whole(budget, '0123456789')).passed).toHaveLength(1);
    });

    it.each(['aborted', 'error'])('are given up where they break off (%s)', async (event) => {
      const budget = aBudget();
      const { stream, passedOn } = aRequest({}, budget);
      stream.write('01234567');
      await new Promise(setImmediate);
      stream.emit(event, new Error('gone'));
      await passedOn;
      expect((await whole(budget, '0123456789')).passed).toEqual([]);
    });

    it('are given up where they are too large, or more than there is room for', async () => {
      const budget = aBudget();
      await whole(budget, '0123456789a');
      const { response } = await whole(budget, '0123456789');
      await whole(budget, '0123456789');
      response.emit('close');
      expect((await whole(budget, '0123456789')).passed).toEqual([]);
    });

    it('count as much as is set aside for them, which is never more than was announced', async () => {
      const budget = aBudget();
      const sent = aRequest({ 'content-length': '9' }, budget);
      for (const piece of ['01234', '56']) {
        sent.stream.write(piece);
        await new Promise(setImmediate);
      }
      // Nine bytes were set aside for the seven, so there are six left.
      expect((await whole(budget, ['0123456'])).passed).toHaveLength(1);
      expect((await whole(budget, ['012345'])).passed).toEqual([]);
    });
  });
});

import { Body, Controller, Get, Module, Param, ParseIntPipe, ParseUUIDPipe, Post, Query, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type Request, type Response } from 'express';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { answerClientError, problemCodeOf, problemErrorMiddleware, ProblemFilter, problems } from './index';

class DatabaseAway extends Error {}

@Controller('things')
class ThingController {
  @Get('quota')
  quota(): never {
    throw problems.quotaExceeded({
      limit: 1,
      used: 1,
      resetsAt: new Date('2100-01-01T00:00:00Z'),
      tier: 'professional',
      currentTier: 'basic',
    });
  }

  @Get('broken')
  broken(): never {
    throw Object.assign(new Error('secret-of-the-house'), { parameters: ['secret-parameter'] });
  }

  @Get('away')
  away(): never {
    throw new DatabaseAway('connect ECONNREFUSED 10.0.0.7');
  }

  @Get('half')
  half(@Res() response: Response): never {
    response.write('half of it');
    throw new Error('in the middle');
  }

  @Get('endless')
  endless(@Res() response: Response): void {
    response.write('it begins');
  }

  @Get('stale')
  stale(@Res({ passthrough: true }) response: Response): never {
    response.set({ 'Content-Encoding': 'gzip', ETag: '"1"', 'X-Kept': 'yes' });
    throw problems.notFound();
  }

  @Get('page')
  page(@Query('limit', ParseIntPipe) limit: number): object {
    return { limit };
  }

  @Get(':id')
  one(@Param('id', ParseUUIDPipe) id: string): object {
    return { id };
  }

  @Post()
  make(@Body() body: object): object {
    return { body };
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

describe('the problem filter', () => {
  let app: NestExpressApplication;
  let url: string;
  const logged: unknown[] = [];
  const codes: unknown[] = [];

  beforeAll(async () => {
    app = await NestFactory.create<NestExpressApplication>(ThingModule, {
      logger: ['error', 'warn'],
      bodyParser: false,
    });
    const remember = (message: unknown) => void logged.push(message);
    app.useLogger({ log: () => {}, error: remember, warn: remember });
    app.use((request: Request, response: Response, next: () => void) => {
      Object.assign(request, { id: request.get('x-test-id') ?? 'req-7' });
      response.once('close', () => codes.push(problemCodeOf(response)));
      next();
    });
    app.use('/throws', () => {
      throw problems.forbidden('Not from here.');
    });
    app.use(express.json({ limit: 1_000 }), express.text({ limit: 1_000 }));
    app.useGlobalFilters(
      new ProblemFilter((error) =>
        error instanceof DatabaseAway ? problems.serviceUnavailable(undefined, 3, error) : null,
      ),
    );
    app.getHttpServer().on('clientError', answerClientError);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  beforeEach(() => {
    logged.length = codes.length = 0;
  });

  afterAll(() => app.close());

  /** Sends one request and expects a problem of this status; gives its body. */
  async function problemOf(status: number, path: string, init?: RequestInit): Promise<Record<string, unknown>> {
    const response = await fetch(url + path, init);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const body: unknown = await response.json();
    expect(body).toMatchObject({ status, request_id: 'req-7', detail: expect.stringMatching(/\.$/) });
    expect(response.status).toBe(status);
    return Object(body);
  }

  const post = (
    type: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): RequestInit => ({
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
  });

  it('answers a problem with its members and headers', async () => {
    const response = await fetch(`${url}/things/quota`);

    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(1_000_000);
    expect(await response.json()).toMatchObject({
      type: expect.stringMatching(/quota-exceeded$/),
      limit: 1,
      tier: 'professional',
    });
    expect(logged).toEqual([]);
  });

  it('tells an unknown error to the log, and to the client only where to look', async () => {
    const body = await problemOf(500, '/things/broken');

    expect(Object.keys(body).sort()).toEqual(['detail', 'request_id', 'status', 'title', 'type']);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(logged).toEqual([
      expect.objectContaining({
        request_id: 'req-7',
        err: expect.objectContaining({ message: 'secret-of-the-house' }),
      }),
    ]);
    expect(JSON.stringify(logged)).not.toContain('secret-parameter');
  });

  it('answers what the classifier recognises as the classifier says', async () => {
    const body = await problemOf(503, '/things/away');

    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
    expect((await fetch(`${url}/things/away`)).headers.get('retry-after')).toBe('3');
  });

  it('has clear words for an unknown route, and does not repeat the address', async () => {
    const body = await problemOf(404, '/nowhere/%3Cscript%3E');

    expect(body).toMatchObject({
      type: 'urn:mira:problem:not-found',
      detail: 'There is no route for this method and address.',
    });
  });

  it('has clear words for ids and numbers that are none', async () => {
    expect(await problemOf(400, '/things/17')).toMatchObject({ detail: expect.stringContaining('uuid is expected') });
    expect(await problemOf(400, '/things/page?limit=x')).toMatchObject({ detail: expect.stringContaining('numeric') });
    expect(await problemOf(400, '/things/%FF')).toMatchObject({ detail: expect.stringContaining('percent sign') });
  });

  it('answers JSON that is none without a word of it', async () => {
    const body = await problemOf(400, '/things', post('application/json', '{"token": hunter2'));

    expect(body).toMatchObject({ type: 'urn:mira:problem:malformed-body' });
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  it('answers a body that is too large, in a charset that nobody knows, or not encoded as it says', async () => {
    await problemOf(413, '/things', post('application/json', JSON.stringify({ a: 'x'.repeat(2_000) })));
    await problemOf(415, '/things', post('application/json; charset=klingon', '{}'));
    await problemOf(415, '/things', post('application/json', '{}', { 'content-encoding': 'rot13' }));
    const torn = new Uint8Array(gzipSync('{"a":1}').subarray(0, 12));
    await problemOf(400, '/things', post('application/json', torn, { 'content-encoding': 'gzip' }));
    await problemOf(400, '/things', post('application/json', 'no gzip', { 'content-encoding': 'gzip' }));
    expect(logged).toEqual([]);
  });

  it('sees what middleware throws before any route', async () => {
    expect(await problemOf(403, '/throws')).toMatchObject({ detail: 'Not from here.' });
  });

  it('takes back the headers of the answer that failed', async () => {
    const response = await fetch(`${url}/things/stale`);

    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('etag')).toBeNull();
    expect(response.headers.get('x-kept')).toBe('yes');
    expect(await response.json()).toMatchObject({ status: 404 });
  });

  it('cuts an answer that is half sent, so that nobody takes it for whole', async () => {
    const response = await fetch(`${url}/things/half`);

    await expect(response.text()).rejects.toThrow();
  });

  it('sends the headers alone to HEAD', async () => {
    const response = await fetch(`${url}/nowhere`, { method: 'HEAD' });

    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  it('remembers the code of the problem for logs and counters', async () => {
    await fetch(`${url}/nowhere`).then((response) => response.text());
    await fetch(`${url}/things/0198c0de-0000-7000-8000-000000000001`).then((response) => response.text());

    expect(codes).toEqual(['not-found', undefined]);
  });

  it('makes up an id for a request that has none', async () => {
    const bare = express();
    bare.use(() => {
      throw problems.conflict();
    });
    bare.use(problemErrorMiddleware());
    const server = bare.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;

    const response = await fetch(`http://127.0.0.1:${port}/`);
    const body: unknown = await response.json();
    server.close();

    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ status: 409, request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  /** Sends raw bytes and gives all that comes back until the connection ends. */
  function exchange(...chunks: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += data.toString();
        if (answer.includes('}')) socket.end();
      });
      socket.once('close', () => resolve(answer));
      socket.once('error', reject);
      for (const chunk of chunks) socket.write(chunk);
    });
  }

  it('answers before the router what is no HTTP, or has too many headers', async () => {
    expect(await exchange('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"status":400/s);

    const headers = Array.from({ length: 10_000 }, (_, i) => `x-header-${i}: ${i}\r\n`);
    const answer = await exchange('GET / HTTP/1.1\r\nHost: x\r\n', ...headers, '\r\n');

    expect(answer).toMatch(
      /^HTTP\/1\.1 431 .*application\/problem\+json.*"type":"urn:mira:problem:headers-too-large"/s,
    );
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('puts no answer into the middle of another', async () => {
    const ended = new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += data.toString();
        if (answer.includes('it begins')) socket.write('NONSENSE\r\n\r\n');
      });
      socket.on('error', () => {});
      socket.once('close', () => resolve(answer));
      socket.write('GET /things/endless HTTP/1.1\r\nHost: x\r\n\r\n');
    });

    expect((await ended).match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('does not wait for the end of a body that it refuses, and cuts it off soon after', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const started = Date.now();
    let answer = '';
    let cutAfterMs = Infinity;
    const cut = new Promise<void>((resolve) => {
      socket.once('close', () => {
        cutAfterMs = Date.now() - started;
        resolve();
      });
    });
    socket.on('data', (data) => (answer += data.toString())).on('error', () => {});
    socket.write('POST /throws HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const drip = setInterval(() => socket.write('1\r\nx\r\n'), 50);

    await Promise.race([cut, sleep(5_000, undefined, { ref: false })]);
    clearInterval(drip);
    socket.destroy();

    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(cutAfterMs).toBeLessThan(4_000);
  });
});

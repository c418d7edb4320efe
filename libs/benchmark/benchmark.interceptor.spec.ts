import {
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
  Sse,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { of, throwError } from 'rxjs';
import { BenchmarkInterceptor } from './benchmark.interceptor';
import { BenchmarkModule } from './benchmark.module';
import { aRegistry } from './support/stopped-clock';

const { registry, turn } = aRegistry();
afterEach(() => registry.clear());

let endOfStream: () => void = () => {};

@Controller('users')
class UserController {
  @Get(':id')
  one(@Param('id') id: string): { id: string } {
    turn(10);
    return { id };
  }

  @Post()
  refuse(): void {
    throw new NotFoundException();
  }

  @Get(':id/export')
  export(): StreamableFile {
    const stream = new Readable({ read() {} });
    stream.push('begun');
    endOfStream = () => stream.push(null);
    return new StreamableFile(stream);
  }

  @Sse(':id/events')
  events() {
    return of({ data: 1 }, { data: 2 });
  }
}

describe('over HTTP', () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    const built = await Test.createTestingModule({
      imports: [BenchmarkModule.forRoot(registry)],
      controllers: [UserController],
      providers: [{ provide: APP_INTERCEPTOR, useExisting: BenchmarkInterceptor }],
    }).compile();
    app = built.createNestApplication();
    app.setGlobalPrefix('api');
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/api/users`;
  });
  afterAll(() => app.close());

  /** An answer may be read before the server knows that it is done with it. */
  async function recorded(name: string, times = 1): Promise<void> {
    while ((registry.getStats(name)?.count ?? 0) + registry.getErrors(name) < times) {
      await new Promise(setImmediate);
    }
  }

  it('names a route by its pattern, however many addresses it has', async () => {
    for (const id of ['1', '2', 'x?y=z']) await (await fetch(`${url}/${id}`)).text();
    await recorded('GET /api/users/:id', 3);
    expect(Object.keys(registry.getAllStats())).toEqual(['GET /api/users/:id']);
    expect(registry.getStats('GET /api/users/:id')).toMatchObject({ count: 3, min: 0.01 });
  });

  it('counts what throws as an error', async () => {
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
    await recorded('POST /api/users');
    expect([registry.getStats('POST /api/users'), registry.getErrors('POST /api/users')]).toEqual([undefined, 1]);
  });

  it('measures a stream to its end', async () => {
    const name = 'GET /api/users/:id/export';
    const answer = await fetch(`${url}/1/export`);
    turn(3_000);
    expect(registry.getStats(name)).toBeUndefined();
    endOfStream();
    expect(await answer.text()).toBe('begun');
    await recorded(name);
    expect(registry.getStats(name)).toMatchObject({ count: 1, mean: 3 });
  });

  it('counts a stream that is cut off as an error', async () => {
    const name = 'GET /api/users/:id/export';
    const leaving = new AbortController();
    await fetch(`${url}/1/export`, { signal: leaving.signal });
    leaving.abort();
    await recorded(name);
    expect([registry.getStats(name), registry.getErrors(name)]).toEqual([undefined, 1]);
  });

  it('measures server-sent events once', async () => {
    const name = 'GET /api/users/:id/events';
    expect(await (await fetch(`${url}/1/events`)).text()).toContain('data: 2');
    await recorded(name);
    expect(registry.getStats(name)).toMatchObject({ count: 1 });
  });
});

describe('elsewhere', () => {
  const context = {
    getType: () => 'rpc',
    getClass: () => UserController,
    getHandler: () => UserController.prototype.one,
  } as unknown as ExecutionContext;

  it('names what it measures by class and handler', async () => {
    const sut = new BenchmarkInterceptor(registry);
    sut.intercept(context, { handle: () => of(1, 2) } satisfies CallHandler).subscribe();
    expect(registry.getStats('UserController.one')).toMatchObject({ count: 1 });
  });

  it('counts errors apart, and passes them on', () => {
    const away = new Error('away');
    let seen: unknown;
    const sut = new BenchmarkInterceptor(registry);
    sut.intercept(context, { handle: () => throwError(() => away) }).subscribe({ error: (error) => (seen = error) });
    expect(seen).toBe(away);
    expect([registry.getStats('UserController.one'), registry.getErrors('UserController.one')]).toEqual([undefined, 1]);
  });
});

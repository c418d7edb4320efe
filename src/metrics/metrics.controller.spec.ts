import { Global, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { accessOf } from '@mira/access';
import { BenchmarkModule, BenchmarkRegistry } from '@mira/benchmark';
import { ProblemFilter } from '@mira/problem';
import { MiraConfig } from '../config/mira.config';
import { MetricsController } from './metrics.controller';
import { MetricsModule } from './metrics.module';
import { MetricsService } from './metrics.service';

async function start(token: string | null): Promise<{ app: INestApplication; url: string }> {
  const config = Object.assign(new MiraConfig(), { metrics: { token } });

  @Global()
  @Module({ providers: [{ provide: MiraConfig, useValue: config }], exports: [MiraConfig] })
  class GivenConfigModule {}

  @Module({ imports: [GivenConfigModule, BenchmarkModule.forRoot(new BenchmarkRegistry()), MetricsModule] })
  class TestModule {}

  const app = await NestFactory.create(TestModule, { logger: false });
  app.useGlobalFilters(new ProblemFilter());
  await app.listen(0, '127.0.0.1');
  return { app, url: `${await app.getUrl()}/metrics` };
}

describe('/metrics', () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    ({ app, url } = await start(null));
    app.get(MetricsService).webhookAnswered(202, 'accepted', 0.012);
  });

  afterAll(() => app.close());

  const get = (accept?: string, path = '') => fetch(url + path, { headers: accept === undefined ? {} : { accept } });

  it('is JSON for programs that do not ask for anything else', async () => {
    for (const accept of [undefined, '*/*', 'application/json']) {
      const response = await get(accept);

      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.json()).toMatchObject({
        total_requests: 1,
        success_rate: 100,
        rate_limit: { current_count: 1 },
      });
    }
  });

  it('is Prometheus text for who accepts text', async () => {
    const response = await get('text/plain');

    expect(response.headers.get('content-type')).toMatch(/^text\/plain;.*version=0\.0\.4/);
    expect(response.headers.get('vary')).toContain('Accept');
    expect(await response.text()).toContain('mira_webhook_requests_total{outcome="accepted",status="202"} 1');
  });

  it('is OpenMetrics for who prefers that, and Prometheus text is the same afterwards', async () => {
    const names = (text: string) => text.match(/^# TYPE mira_\w+/gm);
    const before = names(await (await get('text/plain')).text());
    const response = await get('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3,*/*;q=0.1');
    const text = await response.text();

    expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text;.*version=1\.0\.0/);
    expect(text).toMatch(/# TYPE mira_webhook_requests counter\n/);
    expect(text).toMatch(/\n# EOF\n$/);
    expect(names(await (await get('text/plain')).text())).toEqual(before);
  });

  it('is Prometheus text at /metrics/prometheus, whatever is accepted', async () => {
    const response = await get('application/json', '/prometheus');

    expect(response.headers.get('content-type')).toMatch(/^text\/plain;.*version=0\.0\.4/);
    expect(await response.text()).toContain('process_cpu_seconds_total');
  });

  it('has no label that names anybody', async () => {
    const text = await (await get('text/plain')).text();
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map((match) => match[1]));

    const harmless = [
      'benchmark',
      'kind',
      'le',
      'major',
      'minor',
      'outcome',
      'patch',
      'quantile',
      'space',
      'status',
      'type',
      'version',
    ];
    expect(labels.size).toBeGreaterThan(0);
    expect(harmless).toEqual(expect.arrayContaining([...labels]));
  });

  it('declares that it is open, and why', () => {
    expect(accessOf(MetricsController.prototype.read, MetricsController)).toMatchObject({ kind: 'public' });
  });
});

describe('/metrics with a token', () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    ({ app, url } = await start('s3cret-token'));
  });

  afterAll(() => app.close());

  it.each(['', '/prometheus'])('opens %p to who has it', async (path) => {
    const response = await fetch(url + path, { headers: { authorization: 'bearer s3cret-token' } });

    expect(response.status).toBe(200);
  });

  it.each([
    undefined,
    'Bearer s3cret-toke',
    'Bearer s3cret-token2',
    'Bearer S3CRET-TOKEN',
    'Bearer ',
    's3cret-token',
    'Basic s3cret-token',
    'Bearer s3cret-token extra',
  ])('stays closed for %p', async (authorization) => {
    for (const path of ['', '/prometheus']) {
      const response = await fetch(url + path, { headers: authorization === undefined ? {} : { authorization } });

      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="metrics"');
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.text()).not.toContain('total_requests');
    }
  });
});

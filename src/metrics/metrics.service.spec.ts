import { BenchmarkRegistry } from '@mira/benchmark';
import { Logger } from '@nestjs/common';
import { MiraConfig } from '../config/mira.config';
import { MetricsService } from './metrics.service';

const aService = () => new MetricsService(new MiraConfig(), new BenchmarkRegistry());

describe('the metrics service', () => {
  it('shows zeros and a clean slate before the first request', () => {
    expect(aService().snapshot()).toEqual({
      total_requests: 0,
      successful_requests: 0,
      failed_requests: 0,
      rate_limited_requests: 0,
      invalid_signature_requests: 0,
      quota_exceeded_requests: 0,
      rejected_requests: 0,
      success_rate: 100,
      uptime_compliance: true,
      rate_limit: { current_count: 0, max_requests: 10_000, remaining: 10_000, window_seconds: 86_400 },
      latency: { count: 0, mean: 0, median: 0, p95: 0, p99: 0, max: 0 },
    });
  });

  it('times what ran its whole course, so that quick refusals do not flatter it', () => {
    const sut = aService();
    sut.webhookAnswered(202, 'accepted', 0.04);
    sut.webhookAnswered(503, 'failed', 2);
    sut.webhookAnswered(429, 'rate_limited', 0.000_1);
    sut.webhookAnswered(403, 'invalid_signature', 0.000_1);
    const { latency } = sut.snapshot();

    expect(latency.count).toBe(2);
    expect(latency.median).toBeCloseTo(0.04, 3);
    expect(latency.max).toBeCloseTo(2, 1);
  });

  it('counts against the rate limit what got past it', () => {
    const sut = aService();
    sut.webhookAnswered(202, 'accepted', 0.01);
    sut.webhookAnswered(200, 'answered', 0.01);
    sut.webhookAnswered(429, 'rate_limited', 0.01);
    sut.webhookAnswered(403, 'invalid_signature', 0.01);

    expect(sut.snapshot().rate_limit).toMatchObject({ current_count: 2, remaining: 9_998 });
  });

  it('counts an answer also where its duration is no number', () => {
    const sut = aService();
    sut.webhookAnswered(202, 'accepted', Number.NaN);

    expect(sut.snapshot()).toMatchObject({ total_requests: 1, latency: { count: 0 } });
  });

  it('never shows less than nothing as remaining', () => {
    const small = new MiraConfig();
    Object.assign(small.webhook.rate_limit, { max_requests: 1, window_seconds: 60 });
    const sut = new MetricsService(small, new BenchmarkRegistry());
    sut.webhookAnswered(202, 'accepted', 0.01);
    sut.webhookAnswered(202, 'accepted', 0.01);

    expect(sut.snapshot().rate_limit).toEqual({ current_count: 2, max_requests: 1, remaining: 0, window_seconds: 60 });
  });

  it('tells Prometheus the same, by outcome and status', async () => {
    const sut = aService();
    sut.webhookAnswered(202, 'accepted', 0.04);
    sut.webhookAnswered(202, 'accepted', 0.12);
    sut.webhookAnswered(429, 'rate_limited', 0.01);
    const text = await sut.prometheusText();

    expect(text).toContain('mira_webhook_requests_total{outcome="accepted",status="202"} 2');
    expect(text).toContain('mira_webhook_requests_total{outcome="rate_limited",status="429"} 1');
    expect(text).toContain('mira_benchmark_duration_seconds_bucket{le="0.05",benchmark="webhook_processing"} 1');
    expect(text).toContain('mira_benchmark_duration_seconds_bucket{le="0.15",benchmark="webhook_processing"} 2');
  });

  it('adds the figures of the process once it runs', async () => {
    const sut = aService();
    sut.onModuleInit();

    expect(await sut.prometheusText()).toContain('process_resident_memory_bytes');
  });

  it('counts apart from another one in the same process', async () => {
    const one = aService();
    const other = aService();
    one.webhookAnswered(202, 'accepted', 0.01);

    expect(other.snapshot().total_requests).toBe(0);
    expect(await other.prometheusText()).not.toContain('outcome="accepted"');
  });

  it('reads the gauges of features at each scrape', async () => {
    const sut = aService();
    let depth = 3;
    sut.gauge('mira_queue_depth', 'Jobs that wait', () => depth);
    sut.gauge('mira_dead_letters', 'Dead deliveries', () => Promise.resolve(7));
    expect(await sut.prometheusText()).toContain('\nmira_queue_depth 3\n');

    depth = 4;

    expect(await sut.prometheusText()).toContain('\nmira_queue_depth 4\n');
    expect(await sut.prometheusText()).toContain('\nmira_dead_letters 7\n');
  });

  describe('with a gauge that cannot be read', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    afterAll(() => warn.mockRestore());

    it.each([
      ['fails', () => Promise.reject(new Error('database away'))],
      [
        'throws',
        () => {
          throw new Error('database away');
        },
      ],
      ['hangs', () => new Promise<number>(() => {})],
    ])('leaves that one out where it %s, and keeps the rest', async (_how, collect: () => number | Promise<number>) => {
      const sut = aService();
      let healthy = true;
      sut.gauge('mira_odd', 'Odd', () => (healthy ? 5 : collect()));
      sut.gauge('mira_fine', 'Fine', () => 1);
      expect(await sut.prometheusText()).toMatch(/^mira_odd 5$/m);

      healthy = false;
      const text = await sut.prometheusText();

      expect(text).not.toMatch(/^mira_odd \S+$/m);
      expect(text).toMatch(/^mira_fine 1$/m);
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ metric: 'mira_odd' }));
    });
  });

  it('gives features counters of their own', async () => {
    const sut = aService();
    const attempts = sut.counter('mira_attempts_total', 'Attempts', ['outcome']);
    attempts.inc({ outcome: 'delivered' });

    expect(await sut.prometheusText()).toContain('mira_attempts_total{outcome="delivered"} 1');
  });

  it('refuses names that are not Mira’s and labels that would name a customer', () => {
    const sut = aService();

    expect(() => sut.gauge('queue_depth', 'x', () => 1)).toThrow('mira_');
    expect(() => sut.counter('mira_attempts', 'x')).toThrow('_total');
    for (const label of ['tenant', 'tenant_id', 'api_key', 'endpoint_id', 'id']) {
      expect(() => sut.counter('mira_attempts_total', 'x', [label])).toThrow(label);
    }
    expect(() => sut.counter('mira_provided_total', 'x', ['kind', 'valid'])).not.toThrow();
  });
});

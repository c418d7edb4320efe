import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { chooseFormat, toOpenMetrics } from './metrics.format';

describe('the format that a client asks for', () => {
  it.each([
    [undefined, 'json'],
    ['*/*', 'json'],
    ['', 'json'],
    ['application/json', 'json'],
    ['application/*', 'json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'json'],
    ['image/png', 'json'],
    ['text/plain', 'prometheus'],
    ['TEXT/Plain; charset=utf-8', 'prometheus'],
    ['text/*', 'prometheus'],
    ['text/plain;q=0.5, application/json;q=0.4', 'prometheus'],
    ['text/plain;q=0.4, application/json;q=0.5', 'json'],
    ['application/json;q=0, */*;q=0.1', 'openmetrics'],
    ['text/plain;q=0, */*;q=0', 'json'],
    ['text/plain;q=much', 'json'],
    ['application/openmetrics-text', 'openmetrics'],
    // what Prometheus 2 and 3 send
    [
      'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      'openmetrics',
    ],
    ['text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.2', 'prometheus'],
  ])('with Accept %p is %s', (accept, format) => {
    expect(chooseFormat(accept)).toBe(format);
  });
});

describe('OpenMetrics text', () => {
  it('names a counter’s family without _total, leaves the samples, and ends in # EOF', async () => {
    const registry = new Registry();
    const registers = [registry];
    new Counter({ name: 'mira_seen_total', help: 'Seen "things"\nof all kinds', labelNames: ['kind'], registers }).inc({
      kind: 'a "b" # x',
    });
    new Gauge({ name: 'mira_depth', help: 'Depth', registers }).set(3);
    new Histogram({ name: 'mira_wait_seconds', help: 'Wait', buckets: [1], registers }).observe(0.5);
    const before = await registry.metrics();

    expect(toOpenMetrics(before).split('\n')).toEqual([
      '# HELP mira_seen Seen \\"things\\"\\nof all kinds',
      '# TYPE mira_seen counter',
      'mira_seen_total{kind="a \\"b\\" # x"} 1',
      '# HELP mira_depth Depth',
      '# TYPE mira_depth gauge',
      'mira_depth 3',
      '# HELP mira_wait_seconds Wait',
      '# TYPE mira_wait_seconds histogram',
      'mira_wait_seconds_bucket{le="1"} 1',
      'mira_wait_seconds_bucket{le="+Inf"} 1',
      'mira_wait_seconds_sum 0.5',
      'mira_wait_seconds_count 1',
      '# EOF',
      '',
    ]);
    expect(await registry.metrics()).toBe(before);
  });

  it('keeps the name of a gauge that happens to end in _total', () => {
    const text = '# HELP a_total A\n# TYPE a_total gauge\na_total 1\n';

    expect(toOpenMetrics(text)).toBe(`${text}# EOF\n`);
  });
});

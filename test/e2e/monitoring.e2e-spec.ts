import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEBHOOK_OUTCOMES } from '../../src/metrics/webhook-outcome';
import { aRouteTo, deliveryOf } from '../support/deliveries';
import { startTestMira, type TestMira } from '../support/mira';
import { Receiver } from '../support/receiver';

const ROOT = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

/** What stands in the names of a recording rule (`mira:…`) or of a file is no metric. */
const METRIC = /(?<![\w:/.-])(?:mira|nodejs|process)_\w+(?![\w:])/g;
const SUFFIX = /_(bucket|sum|count)$/;

const WATCHERS: readonly (readonly [string, string])[] = [
  ['alert rules', read('deploy', 'monitoring', 'alerts.yaml')],
  ['tests of the alerts', read('deploy', 'monitoring', 'alerts.test.yaml')],
  ['dashboard', read('deploy', 'monitoring', 'grafana', 'dashboards', 'mira.json')],
  ['autoscaler', read('deploy', 'kubernetes', 'overlays', 'ha', 'autoscalers.yaml')],
  ['rule of the adapter', read('deploy', 'kubernetes', 'prometheus-adapter.yaml')],
];

/** The values that a label is compared with, one of several by `|` included. */
function valuesOf(label: string, text: string): string[] {
  const comparisons = text.replaceAll('\\"', '"').matchAll(new RegExp(`\\b${label}=~?"([^"$]*)"`, 'g'));
  return [...new Set([...comparisons].flatMap(([, values = '']) => values.split('|')))];
}

describe('what watches Mira asks for what Mira tells', () => {
  let receiver: Receiver;
  let mira: TestMira;
  let types: Map<string, string>;
  let benchmarks: string[];

  beforeAll(async () => {
    receiver = await Receiver.start();
    mira = await startTestMira('embedded');
    const { push } = await aRouteTo(mira, receiver.url);
    const { json } = await push();
    await deliveryOf(mira, json['id'], { status: 'accepted' });
    const text = (await mira.get('/metrics/prometheus')).body.toString();
    const lines = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
    types = new Map(lines.map(([, name = '', type = '']) => [name, type]));
    benchmarks = valuesOf('benchmark', text);
  });
  afterAll(async () => {
    await mira?.stop();
    await receiver?.stop();
  });

  /** The family of a name, where there is one. */
  const familyOf = (name: string): string | null => {
    if (types.has(name)) return name;
    const family = name.replace(SUFFIX, '');
    return types.get(family) === 'histogram' ? family : null;
  };

  it.each(WATCHERS)('by its name: the %s', (_title, text) => {
    const names = [...new Set(text.match(METRIC))];
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => familyOf(name) === null)).toEqual([]);
  });

  it.each(WATCHERS)('by its labels: the %s', (_title, text) => {
    expect(valuesOf('benchmark', text).filter((name) => !benchmarks.includes(name))).toEqual([]);
    const known = [...WEBHOOK_OUTCOMES, 'delivered', 'retry', 'held', 'dead'];
    expect(valuesOf('outcome', text).filter((outcome) => !known.includes(outcome))).toEqual([]);
  });

  it('and the documentation lists what there is, all of it and nothing else', () => {
    const own = [...types.keys()].filter((name) => name.startsWith('mira_'));
    const rows = read('docs', 'operations.md').matchAll(/^\| `(mira_\w+)` \| (\w+) \|/gm);
    const listed = [...rows].map(([, name = '', type = '']) => [name, type]);
    expect(new Map(listed as [string, string][])).toEqual(new Map(own.map((name) => [name, types.get(name)])));
  });
});

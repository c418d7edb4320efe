/**
 * What @mira/benchmark itself costs, in nanoseconds a call: the same empty method bare and measured, in turns, and the
 * difference of the quickest rounds. Prints a table; docs/benchmarks.md has one.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { createHistogram, performance } from 'node:perf_hooks';

const { Benchmark, BenchmarkRegistry, PerformanceBenchmark } = createRequire(import.meta.url)(
  process.argv[2] ?? '../dist/libs/benchmark/index.js',
);

const ROUNDS = 15;
const CALLS = 200_000;
const registry = new BenchmarkRegistry();

function measured(method) {
  const descriptor = { value: method };
  Benchmark('cost', registry)({}, 'method', descriptor);
  return descriptor.value;
}

const plain = (n) => n + 1;
const waits = async (n) => n + 1;
const yields = function* (n) {
  yield n;
};
const measuredPlain = measured(plain);
const measuredWaits = measured(waits);
const measuredYields = measured(yields);
const native = createHistogram({ lowest: 1, highest: 3.6e12, figures: 3 });

/** Each takes a number and gives one back, so that nothing can be left out. */
const kinds = {
  plain: [(n) => plain(n), (n) => measuredPlain(n)],
  asynchronous: [async (n) => waits(n), async (n) => measuredWaits(n)],
  generator: [(n) => [...yields(n)][0], (n) => [...measuredYields(n)][0]],
  '`using`': [
    (n) => n,
    (n) => {
      using _benchmark = new PerformanceBenchmark('cost', registry);
      return n;
    },
  ],
  'a record, alone': [(n) => n, (n) => (registry.record('cost', n * 1e-7), n)],
  "a record in node's histogram": [(n) => n, (n) => (native.record(n + 1), n)],
  'reading the clock twice': [(n) => n, (n) => n + performance.now() - performance.now()],
};

let sink = 0;
async function nanoseconds(call) {
  const startedAtMs = performance.now();
  if (call.constructor.name === 'AsyncFunction') for (let n = 0; n < CALLS; n++) sink += await call(n);
  else for (let n = 0; n < CALLS; n++) sink += call(n);
  return ((performance.now() - startedAtMs) * 1e6) / CALLS;
}

const best = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [Infinity, Infinity]]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [kind, calls] of Object.entries(kinds)) {
    for (const [which, call] of calls.entries()) {
      best[kind][which] = Math.min(best[kind][which], await nanoseconds(call));
    }
  }
}

console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}\n`,
);
console.log('| call | bare, ns | measured, ns | its own cost, ns |\n| --- | ---: | ---: | ---: |');
for (const [kind, [bare, full]] of Object.entries(best)) {
  console.log(`| ${kind} | ${bare.toFixed(0)} | ${full.toFixed(0)} | ${(full - bare).toFixed(0)} |`);
}
if (!Number.isFinite(sink)) process.exitCode = 1;

import {
  BenchmarkRegistry,
  compare,
  type Comparison,
  type DurationHistogram,
  type Measured,
  seededRandom,
} from '@mira/benchmark';
import type { Principal } from '@mira/access';
import { actsOn, AuditTrail } from '@mira/audit';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../database/tenant.database';
import { version } from '../../package.json';
import { type Baseline, BaselineRepository } from './baseline.repository';
import type { BenchmarkView } from './benchmark-view.dto';

/** Of a tenant: enough for the releases of a year, and some kilobytes each. */
const MOST_BASELINES = 50;
/** Of each side: more tell no more, and ranking them takes its time. */
const SAMPLES = 1_000;
const SEED = 1;
const acts = actsOn('benchmark_baseline');

/** What this process timed since it started, and how that compares with what was kept of another time. */
@Injectable()
export class BenchmarkService {
  /** When this process began to count. */
  readonly since = new Date(performance.timeOrigin);

  constructor(
    private readonly benchmarks: BenchmarkRegistry,
    private readonly database: TenantDatabase,
    private readonly baselines: BaselineRepository,
    private readonly trail: AuditTrail,
  ) {}

  all(): BenchmarkView[] {
    return this.benchmarks.names.toSorted().flatMap((name) => this.view(name) ?? []);
  }

  one(name: string): BenchmarkView {
    const view = this.view(name);
    if (!view) {
      const known = this.benchmarks.names.toSorted().join(', ') || 'nothing';
      throw problems.notFound(`Nothing was timed under that name yet. There is ${known}.`);
    }
    return view;
  }

  async list(who: Principal): Promise<Baseline[]> {
    return this.database.transaction(who.tenantId, (manager) => this.baselines.list(manager, who.tenantId));
  }

  /** Keeps the figures of this moment under a name. */
  async keep(who: Principal, name: string): Promise<Baseline> {
    const { tenantId } = who;
    return this.database.transaction(tenantId, async (manager) => {
      const wanted = { name, since: this.since, version, snapshot: this.benchmarks.snapshot() };
      await this.baselines.holdAll(manager, tenantId);
      const there = await this.baselines.names(manager, tenantId);
      if (there.includes(name))
        throw problems.conflict('There is a baseline of that name: delete it, or choose another.');
      if (there.length >= MOST_BASELINES) {
        throw problems.conflict(`There are ${MOST_BASELINES} baselines, and no more may be: delete one first.`);
      }
      const kept = await this.baselines.add(manager, tenantId, wanted);
      await this.trail.record(manager, who, acts.did('created', name, { after: { name } }));
      return kept;
    });
  }

  async delete(who: Principal, name: string): Promise<void> {
    const { tenantId } = who;
    await this.database.transaction(tenantId, async (manager) => {
      if (!(await this.baselines.delete(manager, tenantId, name))) throw noSuchBaseline();
      await this.trail.record(manager, who, acts.did('deleted', name, { before: { name } }));
    });
  }

  /** Each benchmark that both have figures of. */
  async compareWith(who: Principal, name: string): Promise<{ baseline: Baseline; comparisons: Comparison[] }> {
    const baseline = await this.database.transaction(who.tenantId, (manager) =>
      this.baselines.find(manager, who.tenantId, name),
    );
    if (!baseline) throw noSuchBaseline();
    const before = new BenchmarkRegistry();
    before.merge(baseline.snapshot);
    const names = before.names.toSorted();
    const comparisons = names.flatMap((one) => {
      const [old, young] = [measured(before.histogram(one)), measured(this.benchmarks.histogram(one))];
      return old && young ? [compare(one, old, young, { seed: SEED })] : [];
    });
    return { baseline, comparisons };
  }

  private view(name: string): BenchmarkView | null {
    const errors = this.benchmarks.getErrors(name);
    const stats = this.benchmarks.getStats(name) ?? (errors > 0 ? NOTHING : null);
    return stats && { name, errors, ...stats };
  }
}

const NOTHING = { count: 0, min: 0, max: 0, mean: 0, median: 0, p95: 0, p99: 0, stdev: 0 };

/** With samples drawn from it, for a difference to be told from chance. */
function measured(histogram: DurationHistogram | undefined): Measured | null {
  const stats = histogram?.stats();
  return histogram && stats ? { ...stats, samples: histogram.sample(SAMPLES, seededRandom(SEED)) } : null;
}

function noSuchBaseline() {
  return problems.notFound('There is no baseline of that name.');
}

import type { BenchmarkStats, Change, Comparison, Verdict } from '@mira/benchmark';
import { ApiProperty } from '@nestjs/swagger';

/** All but the counts in seconds. */
export class BenchmarkView implements BenchmarkStats {
  name!: string;
  count!: number;
  /** How often it did not go well; these are in no other figure. */
  errors!: number;
  min!: number;
  max!: number;
  mean!: number;
  median!: number;
  p95!: number;
  p99!: number;
  stdev!: number;
}

/** What this process timed since it started. */
export class BenchmarkList {
  /** When the process started: the figures are of the time since then. */
  since!: string;
  @ApiProperty({ type: [BenchmarkView] })
  data!: BenchmarkView[];
}

/** Figures that were kept to compare with. */
export class BaselineView {
  name!: string;
  taken_at!: string;
  /** When the process started that they are of. */
  since!: string;
  version!: string;
  /** The names that it has figures of. */
  benchmarks!: string[];
}

export class BaselineList {
  @ApiProperty({ type: [BaselineView] })
  data!: BaselineView[];
}

/** Of one figure, in seconds. */
export class ChangeView implements Change {
  before!: number;
  after!: number;
  /** Positive where it became faster. */
  improvement_pct!: number | null;
  faster!: boolean;
  /** The ends of the interval in which the improvement lies, by chance's measure. */
  @ApiProperty({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2, required: false })
  interval_pct?: readonly [number, number];
}

export class ComparisonView implements Comparison {
  name!: string;
  mean!: ChangeView;
  median!: ChangeView;
  p95!: ChangeView;
  p99!: ChangeView;
  max!: ChangeView;
  /** Two-sided, of the Mann-Whitney U test. */
  p_value?: number;
  confidence?: number;
  @ApiProperty({ enum: ['improved', 'regressed', 'unchanged', 'inconclusive'] })
  verdict!: Verdict;
  /** Why, in words. */
  reason!: string;
}

export class ComparisonList {
  baseline!: BaselineView;
  @ApiProperty({ type: [ComparisonView] })
  data!: ComparisonView[];
}

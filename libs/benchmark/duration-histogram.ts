import { endianness } from 'node:os';
import { nearestRank, type BenchmarkStats } from './stats';

/** A histogram as JSON, for another process to add up. Times are in seconds. */
export interface DurationHistogramJson {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The sum of squared distances from the mean. */
  readonly squares: number;
  /** Bucket and count in turns; a bucket is told by its distance from the one before. */
  readonly buckets: readonly number[];
}

/** What falls outside is counted in the first or last bucket: a nanosecond, and a little over two hours. */
const SHORTEST_SECONDS = 2 ** -30;
const LONGEST_SECONDS = 2 ** 13 * (1 - Number.EPSILON);
const OCTAVES = 43;
const BUCKETS_AN_OCTAVE = 512;
const BUCKETS = OCTAVES * BUCKETS_AN_OCTAVE;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH_WORD = endianness() === 'LE' ? 1 : 0;
/** Below the exponent and the nine highest bits of the fraction, which are the number of the bucket. */
const UNUSED_BITS = 11;

function highBits(value: number): number {
  double[0] = value;
  return (words[HIGH_WORD] ?? 0) >>> UNUSED_BITS;
}

const FIRST = highBits(SHORTEST_SECONDS);

/** The middle of a bucket, in seconds: no value of the bucket is further from it than 0.1 %. */
function middleOf(bucket: number): number {
  const octaveStart = SHORTEST_SECONDS * 2 ** Math.floor(bucket / BUCKETS_AN_OCTAVE);
  return octaveStart * (1 + ((bucket % BUCKETS_AN_OCTAVE) + 0.5) / BUCKETS_AN_OCTAVE);
}

/**
 * The distribution of durations in bounded memory, made to be added up over processes.
 *
 * It is an HDR histogram whose buckets are read off the bits of the floating-point number: each power of two has 512
 * equal buckets, so percentiles are right to 0.1 % of their value. Count, minimum, maximum, mean and standard
 * deviation are exact (Welford's method; Chan, Golub and LeVeque's when two are added). Each power of two takes 4 kB
 * once something falls into it, 172 kB at most.
 */
export class DurationHistogram {
  private readonly octaves: (Float64Array | undefined)[] = [];
  private count = 0;
  private min = Infinity;
  private max = 0;
  private mean = 0;
  private squares = 0;

  /** Keeps one duration; a negative one counts as 0, and what is not finite is left out. It never throws. */
  record(seconds: number): void {
    if (!Number.isFinite(seconds)) return;
    const value = seconds > 0 ? seconds : 0;
    this.count += 1;
    const distance = value - this.mean;
    this.mean += distance / this.count;
    this.squares += distance * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const kept = value < SHORTEST_SECONDS ? SHORTEST_SECONDS : value > LONGEST_SECONDS ? LONGEST_SECONDS : value;
    this.addTo(highBits(kept) - FIRST, 1);
  }

  /** Adds what another histogram holds, as if all of it had been recorded here. */
  merge(other: DurationHistogram): void {
    if (other.count === 0) return;
    const count = this.count + other.count;
    const distance = other.mean - this.mean;
    this.squares += other.squares + (distance ** 2 * this.count * other.count) / count;
    // Into an empty one it is the other's own mean, not that times a count and over it again.
    this.mean += this.count === 0 ? distance : (distance * other.count) / count;
    this.count = count;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    for (const [bucket, counted] of other.filled()) this.addTo(bucket, counted);
  }

  /** How many durations it holds. */
  get size(): number {
    return this.count;
  }

  /** Nothing if nothing was recorded: there is no honest minimum of no durations. */
  stats(): BenchmarkStats | undefined {
    if (this.count === 0) return undefined;
    const [median = 0, p95 = 0, p99 = 0] = this.quantiles([0.5, 0.95, 0.99]);
    const stdev = this.count > 1 ? Math.sqrt(this.squares / (this.count - 1)) : 0;
    return { count: this.count, min: this.min, max: this.max, mean: this.mean, median, p95, p99, stdev };
  }

  /** How many durations are at most so long, for each of these ascending bounds in seconds; right to 0.1 % of a bound. */
  atMost(ascendingSeconds: readonly number[]): number[] {
    const counts = ascendingSeconds.map(() => 0);
    for (const [bucket, counted] of this.filled()) {
      const first = ascendingSeconds.findIndex((bound) => middleOf(bucket) <= bound);
      for (let at = first; at >= 0 && at < counts.length; at++) counts[at] = (counts[at] ?? 0) + counted;
    }
    return counts;
  }

  /** The sum of all durations, in seconds. */
  get sum(): number {
    return this.mean * this.count;
  }

  /**
   * Up to `most` of the durations in seconds, drawn without putting any back, in ascending order: all of them where there
   * are no more. Each is right to 0.1 %. `random` gives numbers in [0, 1).
   */
  sample(most: number, random: () => number): number[] {
    const drawn: number[] = [];
    let [left, wanted] = [this.count, Math.min(most, this.count)];
    for (const [bucket, counted] of this.filled()) {
      for (let n = 0; n < counted && wanted > 0; n++, left--) {
        // Knuth's selection sampling: each that is left is as likely as any other.
        if (random() * left >= wanted) continue;
        drawn.push(Math.min(this.max, Math.max(this.min, middleOf(bucket))));
        wanted--;
      }
    }
    return drawn;
  }

  toJSON(): DurationHistogramJson {
    const buckets: number[] = [];
    let before = 0;
    for (const [bucket, counted] of this.filled()) {
      buckets.push(bucket - before, counted);
      before = bucket;
    }
    const { count, max, mean, squares } = this;
    return { count, min: count === 0 ? 0 : this.min, max, mean, squares, buckets };
  }

  /** Reads what {@link toJSON} wrote, in this process or another. Throws a TypeError if it is not that. */
  static from(json: DurationHistogramJson): DurationHistogram {
    const histogram = new DurationHistogram();
    let bucket = 0;
    let total = 0;
    for (let at = 0; at < json.buckets.length; at += 2) {
      const [step = NaN, counted = NaN] = json.buckets.slice(at, at + 2);
      bucket += step;
      total += counted;
      const ascends = Number.isInteger(step) && step >= (at === 0 ? 0 : 1) && bucket < BUCKETS;
      if (!ascends || !Number.isSafeInteger(counted) || counted < 1) throw new TypeError('no buckets of a histogram');
      histogram.addTo(bucket, counted);
    }
    const { count, min, max, mean, squares } = json;
    const figures = [min, max, mean, squares].every((figure) => Number.isFinite(figure) && figure >= 0);
    if (!figures || min > max || count !== total) throw new TypeError('no figures of a histogram');
    if (count > 0) Object.assign(histogram, { count, min, max, mean, squares });
    return histogram;
  }

  /** Seconds at ascending quantiles, in one pass. */
  private quantiles(ascending: readonly number[]): number[] {
    const found: number[] = [];
    let seen = 0;
    for (const [bucket, counted] of this.filled()) {
      seen += counted;
      for (const quantile of ascending.slice(found.length)) {
        if (nearestRank(quantile, this.count) > seen) break;
        found.push(Math.min(this.max, Math.max(this.min, middleOf(bucket))));
      }
    }
    return found;
  }

  private addTo(bucket: number, counted: number): void {
    const octave = (this.octaves[bucket >>> 9] ??= new Float64Array(BUCKETS_AN_OCTAVE));
    const within = bucket & (BUCKETS_AN_OCTAVE - 1);
    octave[within] = (octave[within] ?? 0) + counted;
  }

  private *filled(): Generator<readonly [bucket: number, counted: number]> {
    for (const [octave, counts] of this.octaves.entries()) {
      if (!counts) continue;
      for (const [within, counted] of counts.entries()) {
        if (counted > 0) yield [octave * BUCKETS_AN_OCTAVE + within, counted];
      }
    }
  }
}

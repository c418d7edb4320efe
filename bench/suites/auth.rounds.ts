import type { Say } from '../suite.ts';
import { round } from '../support/machine.ts';
import type { AuthStage } from './auth.stage.ts';
import type { FigureName, Timed } from './auth.result.ts';

/** Where a call is shorter than the clock is good for, so many are timed together. */
const BATCH = 100;
const ADDRESS = '127.0.0.1';
/** For a median and a p99 that mean something; more where there is time. */
const MIN_SAMPLES = 10;

type Samples = Partial<Record<FigureName, number[]>>;

/** Runs rounds one after the other on one stage, and keeps what came of them. */
export class AuthRounds {
  private readonly stage: AuthStage;
  private readonly say: Say;
  private readonly results = new Map<FigureName, Timed[]>();

  constructor(stage: AuthStage, say: Say) {
    this.stage = stage;
    this.say = say;
  }

  of(name: FigureName): readonly Timed[] {
    return this.results.get(name) ?? [];
  }

  /** All figures in turn, each for so long. */
  async run(seconds: number): Promise<void> {
    const { stage } = this;
    const key = { 'x-api-key': stage.apiKey };
    const token = { authorization: `Bearer ${stage.accessToken}` };
    const context = stage.contextOf(await this.principalOf(key));
    this.keep('permission check', BATCH, await this.batches(seconds, () => stage.permissionGuard.canActivate(context)));
    this.keep('API key, from the cache', BATCH, await this.batches(seconds, () => this.isGood(key)));
    const cold = await this.singles(seconds, ['API key, asked of the database'], async () => {
      stage.forget();
      return { 'API key, asked of the database': await timed(() => this.isGood(key)) };
    });
    this.keepAll(cold);
    this.keep('access token, from the cache', BATCH, await this.batches(seconds, () => this.isGood(token)));
    // In turns within the round, too: what else the machine does in these seconds meets both.
    const signIns = await this.singles(seconds, ['sign-in over HTTP', 'Argon2id alone'], async () => ({
      'sign-in over HTTP': await timed(async () => (await stage.signIn()) !== ''),
      'Argon2id alone': await timed(() => stage.verifyPassword()),
    }));
    this.keepAll(signIns);
  }

  /** What was measured so far was for warming up. */
  warmedUp(): void {
    this.results.clear();
  }

  private async principalOf(headers: Record<string, string>): Promise<object> {
    const { principal } = await this.stage.authenticator.authenticate(headers, ADDRESS);
    if (!principal) throw new Error('a good credential was refused');
    return principal;
  }

  private isGood(headers: Record<string, string>): boolean | Promise<boolean> {
    const found = this.stage.authenticator.authenticate(headers, ADDRESS);
    if (found instanceof Promise) return found.then(({ kind }) => kind === 'authenticated');
    return found.kind === 'authenticated';
  }

  /** Microseconds a call, each the mean of a batch. Between batches the process may do what else it has to. */
  private async batches(seconds: number, call: () => boolean | Promise<boolean>): Promise<number[]> {
    const samples: number[] = [];
    const endAt = performance.now() + seconds * 1_000;
    while (performance.now() < endAt || samples.length < MIN_SAMPLES) {
      // Whoever comes first after a pause asks the database; that is another figure.
      hold(await call());
      const start = performance.now();
      for (let i = 0; i < BATCH; i++) {
        const good = call();
        hold(good instanceof Promise ? await good : good);
      }
      samples.push(((performance.now() - start) * 1_000) / BATCH);
      await new Promise((next) => setImmediate(next));
    }
    return samples;
  }

  private async singles(
    seconds: number,
    names: readonly FigureName[],
    turn: () => Promise<Partial<Record<FigureName, number>>>,
  ): Promise<Samples> {
    const samples: Samples = Object.fromEntries(names.map((name) => [name, []]));
    const endAt = performance.now() + seconds * 1_000;
    for (let turns = 0; performance.now() < endAt || turns < MIN_SAMPLES; turns++) {
      const times = await turn();
      for (const name of names) samples[name]?.push(times[name] ?? NaN);
    }
    return samples;
  }

  private keepAll(samples: Samples): void {
    for (const [name, times] of Object.entries(samples)) this.keep(name as FigureName, 1, times);
  }

  private keep(name: FigureName, callsEach: number, samples: readonly number[]): void {
    const sorted = samples.toSorted((a, b) => a - b);
    const at = (share: number): number => round(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN, 3);
    const result = { calls: samples.length * callsEach, median_us: at(0.5), p99_us: at(0.99) };
    this.results.set(name, [...this.of(name), result]);
    this.say(`  ${name.padEnd(30)} ${result.median_us} µs, p99 ${result.p99_us} µs, ${result.calls} calls`);
  }
}

async function timed(call: () => boolean | Promise<boolean>): Promise<number> {
  const start = performance.now();
  hold(await call());
  return (performance.now() - start) * 1_000;
}

/** A wrong answer may be a fast one. */
function hold(good: boolean): void {
  if (!good) throw new Error('a good credential was refused');
}

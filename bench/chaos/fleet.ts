import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MiraProcess } from '../support/mira-process.ts';
import { freePorts } from './ports.ts';
import { until } from './patience.ts';

export type Role = 'api' | 'worker';

/** One of each role goes through the pooler: what they do together must be right, too. */
const PLACES: readonly { readonly role: Role; readonly isPooled: boolean }[] = [
  { role: 'api', isPooled: false },
  { role: 'api', isPooled: false },
  { role: 'api', isPooled: true },
  { role: 'worker', isPooled: false },
  { role: 'worker', isPooled: true },
];
/** HAProxy takes two checks, a second apart, to see that a process goes. */
const SETTINGS_OF: Readonly<Record<Role, Readonly<Record<string, string>>>> = {
  api: { MIRA_SHUTDOWN_DELAY_SECONDS: '4' },
  worker: {},
};
const STARTS_WITHIN_MS = 240_000;
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 500;
const LOG_END_LINES = 15;

/** A place for a process of Mira: the same name and port, one process after the other. */
export class Member {
  readonly name: string;
  readonly role: Role;
  readonly port: number;
  private readonly folder: string;
  private readonly env: Readonly<Record<string, string>>;
  private current: MiraProcess | null = null;
  private starts = 0;
  /** Somebody ends or starts it now: that it does not run is no surprise. */
  private inHand = true;

  constructor(made: { name: string; role: Role; port: number; folder: string; env: Readonly<Record<string, string>> }) {
    this.name = made.name;
    this.role = made.role;
    this.port = made.port;
    this.folder = made.folder;
    this.env = made.env;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get logFile(): string {
    return join(this.folder, String(this.starts), 'mira.log');
  }

  /** Of the very first start of all. */
  get apiKey(): string | null {
    return this.current?.apiKey ?? null;
  }

  /** As an orchestrator does it: what does not come up, as while the database is away, is started again. */
  async start(): Promise<void> {
    const giveUpAt = performance.now() + STARTS_WITHIN_MS;
    for (;;) {
      try {
        this.starts++;
        const folder = join(this.folder, String(this.starts));
        const env = { ...this.env, ...SETTINGS_OF[this.role], MIRA_ROLE: this.role };
        this.current = await MiraProcess.start({ folder, port: this.port, env });
        this.inHand = false;
        return;
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
      }
    }
  }

  async isReady(): Promise<boolean> {
    const { status } = await fetch(`${this.url}/health/ready`, { headers: { connection: 'close' } });
    return status === 200;
  }

  async ready(): Promise<void> {
    await until(`${this.name} is ready`, () => this.isReady(), READY_WITHIN_MS);
  }

  async end(how: 'stop' | 'kill'): Promise<void> {
    this.inHand = true;
    await this.current?.[how]();
  }

  async freeze(forMs: number): Promise<void> {
    this.current?.freeze();
    try {
      await sleep(forMs);
    } finally {
      this.current?.thaw();
    }
  }

  /** It ended, and nobody had asked it to. */
  get isGone(): boolean {
    return !this.inHand && this.current !== null && !this.current.running;
  }

  get lastWords(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_END_LINES).join('\n');
  }
}

/** The processes of Mira on one database. */
export class Fleet {
  readonly members: readonly Member[];
  /** What ended by itself, with its last words; nothing should. */
  readonly gone: string[] = [];

  private constructor(members: readonly Member[]) {
    this.members = members;
  }

  /** Places for them; none is started. */
  static async of(
    folder: string,
    { env, url, pooledUrl }: { env: Readonly<Record<string, string>>; url: string; pooledUrl: string },
  ): Promise<Fleet> {
    const ports = await freePorts(PLACES.length);
    const direct = { DATABASE_URL: url };
    const pooled = { DATABASE_URL: pooledUrl, MIRA_DATABASE_TRANSACTION_POOLING: 'true' };
    const members = PLACES.map(({ role, isPooled }, at) => {
      const name = `${role}-${PLACES.slice(0, at + 1).filter((one) => one.role === role).length}`;
      const settings = { ...env, ...(isPooled ? pooled : direct) };
      return new Member({ name, role, port: ports[at] ?? 0, folder: join(folder, name), env: settings });
    });
    return new Fleet(members);
  }

  get apis(): readonly Member[] {
    return this.members.filter(({ role }) => role === 'api');
  }

  /** Those that go through the pooler. */
  get pooled(): readonly Member[] {
    return this.members.filter((_, at) => PLACES[at]?.isPooled);
  }

  get workers(): readonly Member[] {
    return this.members.filter(({ role }) => role === 'worker');
  }

  /** The first migrates and says the key of its administrator; then all the others at once. */
  async start(): Promise<string> {
    const [first, ...others] = this.members;
    await first?.start();
    const apiKey = first?.apiKey ?? null;
    if (apiKey === null) throw new Error('the first start printed no API key');
    await Promise.all(others.map((member) => member.start()));
    await this.ready();
    return apiKey;
  }

  async ready(): Promise<void> {
    await Promise.all(this.members.map((member) => member.ready()));
  }

  /** Starts again what ended by itself, and remembers it, until that is over. */
  async watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      for (const member of this.members.filter(({ isGone }) => isGone)) {
        this.gone.push(`${member.name} ended by itself:\n${member.lastWords}`);
        await member.start();
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.end('kill')));
  }
}

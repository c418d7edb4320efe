/** For how long a fact may be acted on, in milliseconds, counted from before its question was sent. */
export const LEASE_MS = 500;
/** From when on a fact that is in use is asked for again, so that those who use it need not wait. */
const REFRESH_AFTER_MS = LEASE_MS / 2;

export interface LeasedCacheOptions {
  /** Facts kept at most; the one not used for longest goes first. */
  readonly maxEntries: number;
  /** Answers of "there is no such thing" kept at most. They have room of their own, so that guessing displaces nothing. */
  readonly maxAbsent: number;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

interface Fact<T> {
  readonly value: T | null;
  readonly askedAt: number;
}

interface Question<T> {
  readonly askedAt: number;
  readonly answer: Promise<T | null>;
}

/**
 * Remembers facts for the length of a lease, so that whoever changed one only has to wait for that long until nobody
 * acts on what was true before. Those who ask at the same time share one question. An error is for those who waited
 * for it and is not remembered.
 */
export class LeasedCache<T> {
  private readonly facts = new Map<string, Fact<T>>();
  private readonly absent = new Map<string, Fact<T>>();
  private readonly questions = new Map<string, Question<T>>();

  constructor(private readonly options: LeasedCacheOptions) {}

  /** The fact, at once where it is known; null: there is none. */
  find(key: string, ask: () => Promise<T | null>): T | null | Promise<T | null> {
    const now = this.options.now();
    const fact = this.known(key, now);
    if (!fact) return this.ask(key, ask, now);
    // Whoever waits for this one has its error; nobody waits for a refresh, and the next request asks again.
    if (now - fact.askedAt >= REFRESH_AFTER_MS && fact.value !== null) this.ask(key, ask, now).catch(() => undefined);
    return fact.value;
  }

  /** Forgets everything, and disowns the questions that are out: they may have read what was there before. */
  clear(): void {
    this.facts.clear();
    this.absent.clear();
    this.questions.clear();
  }

  get size(): number {
    return this.facts.size + this.absent.size;
  }

  private known(key: string, now: number): Fact<T> | null {
    const room = this.facts.has(key) ? this.facts : this.absent;
    const fact = room.get(key);
    if (!fact) return null;
    room.delete(key);
    if (isOver(fact, now)) return null;
    // Put in again: the map's order is that of the last use.
    room.set(key, fact);
    return fact;
  }

  private ask(key: string, ask: () => Promise<T | null>, now: number): Promise<T | null> {
    const open = this.questions.get(key);
    // One that was sent longer ago than a lease says nothing about this moment, even if its answer comes now.
    if (open && !isOver(open, now)) return open.answer;
    const question = { askedAt: now, answer: ask() };
    this.questions.set(key, question);
    question.answer.then(
      (value) => this.settle(key, question, value),
      () => this.isCurrent(key, question) && this.questions.delete(key),
    );
    return question.answer;
  }

  private settle(key: string, question: Question<T>, value: T | null): void {
    if (!this.isCurrent(key, question)) return;
    this.questions.delete(key);
    this.facts.delete(key);
    this.absent.delete(key);
    const fact = { value, askedAt: question.askedAt };
    if (isOver(fact, this.options.now())) return;
    if (value === null) put(this.absent, key, fact, this.options.maxAbsent);
    else put(this.facts, key, fact, this.options.maxEntries);
  }

  private isCurrent(key: string, question: Question<T>): boolean {
    return this.questions.get(key) === question;
  }
}

function isOver({ askedAt }: { askedAt: number }, now: number): boolean {
  return now - askedAt >= LEASE_MS;
}

function put<T>(room: Map<string, T>, key: string, value: T, most: number): void {
  for (const oldest of room.keys()) {
    if (room.size < most) break;
    room.delete(oldest);
  }
  room.set(key, value);
}

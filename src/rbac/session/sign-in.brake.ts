import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { Turns } from '../turns';
import { afterFailure, DELAY_POLICIES, type DelayPolicy, type FailureState, secondsBlocked } from './sign-in.delay';

/** Rows that stand for nothing any more: older than any window with its longest wait. */
const FORGET_AFTER = '1 hour';
/** Connections that counting takes in this process. */
const AT_A_TIME = 2;
const MAX_WAITING = 200;

interface Subject {
  readonly hash: Buffer;
  readonly policy: DelayPolicy;
}

interface FailureRow {
  subject: Buffer;
  failures: number;
  failed_at: Date;
  blocked_until: Date;
  now: Date;
}

/** What lower-casing leaves of an İ, where a database makes a plain i of it. */
const DOT_ABOVE = /\u0307/g;

/** An attempt that was let through. It counts as failed until it is told otherwise. */
export interface Attempt {
  readonly username: string;
  readonly address: string;
}

/**
 * Slows guessing at passwords down, for all processes together. An attempt is counted before the password is looked
 * at, so that a thousand at the same time are a thousand attempts; one that succeeds, or was never judged, is taken
 * back.
 */
@Injectable()
export class SignInBrake {
  private readonly turns = new Turns(AT_A_TIME, MAX_WAITING, tooMany);

  constructor(private readonly dataSource: DataSource) {}

  /** Counts the attempt and returns 0, or counts nothing and returns the seconds to wait. */
  async enter(attempt: Attempt): Promise<number> {
    const subjects = subjectsOf(attempt);
    return this.counted(async (manager) => {
      const rows = await this.lock(manager, subjects);
      const now = rows[0]?.now ?? new Date();
      const states = subjects.map(({ hash }) => stateIn(rows, hash));
      const wait = Math.max(...states.map((state) => secondsBlocked(state, now)));
      if (wait > 0) return wait;
      const next = subjects.map(({ policy }, i) => afterFailure(states[i] ?? null, policy, now));
      await this.save(manager, subjects, next);
      return 0;
    });
  }

  /** The right password: nothing more is held against the account. Others at the same address get nothing of it. */
  async succeeded(attempt: Attempt): Promise<void> {
    const [pair, account] = subjectsOf(attempt);
    await this.takeBack(attempt, [pair, account]);
  }

  /** Nobody looked at the password. */
  async withdrawn(attempt: Attempt): Promise<void> {
    await this.takeBack(attempt, []);
  }

  /** Passes over what is in use: it is not old then. */
  async forgetOld(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM sign_in_failures WHERE subject IN (
         SELECT subject FROM sign_in_failures WHERE failed_at < now() - interval '${FORGET_AFTER}'
         FOR UPDATE SKIP LOCKED)`,
    );
  }

  /**
   * Takes the attempt off all its subjects, and everything off those that are cleared. Their rows stay: with them gone,
   * whoever waited for them would go on without, and lock in another order than everybody else.
   */
  private async takeBack(attempt: Attempt, cleared: readonly Subject[]): Promise<void> {
    await this.counted((manager) =>
      manager.query(
        `WITH held AS MATERIALIZED (
           SELECT subject FROM sign_in_failures WHERE subject = ANY ($1) ORDER BY subject FOR UPDATE)
         UPDATE sign_in_failures f
         SET failures = CASE WHEN f.subject = ANY ($2) THEN 0 ELSE greatest(0, f.failures - 1) END, blocked_until = now()
         FROM held WHERE f.subject = held.subject`,
        [subjectsOf(attempt).map(({ hash }) => hash), cleared.map(({ hash }) => hash)],
      ),
    );
  }

  /**
   * One or two at a time: attempts from one address wait for each other's rows, and each that waits in the database
   * does so with a connection that a webhook may need.
   */
  private counted<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.turns.during(() => this.dataSource.transaction(work));
  }

  /** The rows, made where there are none, locked in one order so that two attempts never wait for each other. */
  private async lock(manager: EntityManager, subjects: readonly Subject[]): Promise<FailureRow[]> {
    const hashes = subjects.map(({ hash }) => hash).toSorted((one, other) => one.compare(other));
    await manager.query(
      `INSERT INTO sign_in_failures (subject, failures, failed_at, blocked_until)
       SELECT subject, 0, now(), now() FROM unnest($1::bytea[]) WITH ORDINALITY AS given (subject, place) ORDER BY place
       ON CONFLICT DO NOTHING`,
      [hashes],
    );
    await manager.query('SELECT FROM sign_in_failures WHERE subject = ANY ($1) ORDER BY subject FOR UPDATE', [hashes]);
    // In a statement of its own, so that it tells the time after the wait for the locks.
    return manager.query(
      `SELECT subject, failures, failed_at, blocked_until, clock_timestamp() AS now
       FROM sign_in_failures WHERE subject = ANY ($1)`,
      [hashes],
    );
  }

  private async save(manager: EntityManager, subjects: readonly Subject[], states: readonly FailureState[]) {
    await manager.query(
      `UPDATE sign_in_failures f
       SET failures = next.failures, failed_at = next.failed_at, blocked_until = next.blocked_until
       FROM unnest($1::bytea[], $2::int[], $3::timestamptz[], $4::timestamptz[])
         AS next (subject, failures, failed_at, blocked_until)
       WHERE f.subject = next.subject`,
      [
        subjects.map(({ hash }) => hash),
        states.map(({ failures }) => failures),
        states.map(({ failedAt }) => failedAt),
        states.map(({ blockedUntil }) => blockedUntil),
      ],
    );
  }
}

function tooMany() {
  return problems.serviceUnavailable('Too many are signing in just now.', 2);
}

function subjectsOf(attempt: Attempt): [Subject, Subject, Subject] {
  // Never finer than the search for the user: two spellings of one name must not be two accounts to guess at.
  const account = attempt.username.toLowerCase().replace(DOT_ABOVE, '');
  return [
    { hash: hashOf('account at address', account, attempt.address), policy: DELAY_POLICIES.accountAtAddress },
    { hash: hashOf('account', account), policy: DELAY_POLICIES.account },
    { hash: addressOf(attempt), policy: DELAY_POLICIES.address },
  ];
}

function addressOf({ address }: Attempt): Buffer {
  return hashOf('address', address);
}

function hashOf(...parts: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

function stateIn(rows: readonly FailureRow[], hash: Buffer): FailureState | null {
  const row = rows.find(({ subject }) => subject.equals(hash));
  return row ? { failures: row.failures, failedAt: row.failed_at, blockedUntil: row.blocked_until } : null;
}

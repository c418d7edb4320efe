import { Injectable } from '@nestjs/common';
import { N8nClient } from '../client/n8n.client';
import type { N8nReply } from '../client/n8n.reply';
import type { N8nConnection } from '../integration.connection';
import {
  allowedScopes,
  apiKeyCheck,
  clockCheck,
  type ConnectionCheck,
  reachableCheck,
  readyCheck,
  type Scope,
  scopesCheck,
  versionCheck,
} from './connection-check';

export interface ConnectionTest {
  /** Nothing failed. What could not be found out is no failure. */
  readonly ok: boolean;
  readonly version: string | null;
  /** By how much n8n's clock is before Mira's, in milliseconds; n8n tells it to a second. */
  readonly clockAheadMs: number | null;
  readonly scopes: readonly Scope[];
  readonly checks: readonly ConnectionCheck[];
}

/** Nobody's id: what is asked of it is not found where the key may ask, and changes nothing. */
const NOBODY = '0';

/** Finds out whether an n8n can be worked with, without changing anything there. */
@Injectable()
export class ConnectionTester {
  constructor(private readonly client: N8nClient) {}

  async test(connection: N8nConnection): Promise<ConnectionTest> {
    const askedAt = Date.now();
    const [health, workflows] = await Promise.all([
      this.client.health(connection, '/healthz'),
      this.client.workflows(connection, { limit: 1 }),
    ]);
    const answeredAt = Date.now();
    const isApiThere = workflows.kind === 'ok';
    const isThere = health.kind === 'ok' || health.status !== null || isApiThere;
    const [ready, version, replies] = isThere
      ? await Promise.all([
          this.client.health(connection, '/healthz/readiness'),
          this.client.version(connection),
          this.scopes(connection, workflows),
        ])
      : [health, null, new Map<Scope, N8nReply<unknown>>()];
    const clockAheadMs = aheadMs(health.kind === 'ok' ? health : workflows, askedAt, answeredAt);
    const checks = [
      reachableCheck(health, isApiThere),
      readyCheck(ready),
      versionCheck(version),
      apiKeyCheck(workflows),
      scopesCheck(replies),
      clockCheck(clockAheadMs),
    ];
    const ok = checks.every(({ status }) => status !== 'failed');
    return { ok, version, clockAheadMs, scopes: allowedScopes(replies), checks };
  }

  private async scopes(
    connection: N8nConnection,
    workflows: N8nReply<unknown>,
  ): Promise<ReadonlyMap<Scope, N8nReply<unknown>>> {
    if (workflows.kind === 'fault' && workflows.fault !== 'forbidden') return new Map();
    const [workflow, executions, execution, retry] = await Promise.all([
      this.client.workflow(connection, NOBODY),
      this.client.executions(connection, { limit: 1 }),
      this.client.execution(connection, NOBODY),
      this.client.retryExecution(connection, NOBODY),
    ]);
    return new Map<Scope, N8nReply<unknown>>([
      ['workflow:list', workflows],
      ['workflow:read', workflow],
      ['execution:list', executions],
      ['execution:read', execution],
      ['execution:retry', retry],
    ]);
  }
}

/** n8n says the second that has begun; in the middle of it, and of the time that the call took, is the best guess. */
function aheadMs(reply: N8nReply<unknown>, askedAt: number, answeredAt: number): number | null {
  if (reply.kind === 'fault' || reply.date === null) return null;
  const theirs = reply.date.getTime();
  // Within the second that n8n named, its clock may be anywhere: what that second has room for is no difference.
  if (theirs <= answeredAt && theirs + 1_000 >= askedAt) return 0;
  return Math.round(theirs + 500 - (askedAt + answeredAt) / 2);
}

import { Injectable, Logger } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { MiraConfig } from '../../../config/mira.config';
import type { Narrowing } from '../../../database/distribution';
import type { GroupClient, Statement } from '../../../database/group.client';
import { MetricsService } from '../../../metrics/metrics.service';
import type { HoldReason, HoldScope } from './hold-reason';

/** What an attempt found out about its receiver: that it takes nothing now. */
export interface OpenedHold {
  readonly scope: HoldScope;
  readonly targetId: string;
  readonly reason: HoldReason;
  readonly detail: string;
}

/** Of an attempt, what matters to holds. */
export interface HoldWitness {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly opens: OpenedHold | null;
  /** It was let through one, to see whether that is over. */
  readonly isProbe: boolean;
}

interface ChangedHold {
  tenant_id: string;
  scope: HoldScope;
  target_id: string;
  reason: HoldReason;
  since: Date;
}

/** What became of holds in a transaction: to be announced when it is committed. */
export interface HoldChanges {
  readonly begun: readonly ChangedHold[];
  readonly ended: readonly ChangedHold[];
}

const NONE: HoldChanges = { begun: [], ended: [] };

/**
 * Begins and ends holds with the attempts that show the need, in their transaction. It must come before the statement
 * that moves the deliveries: all who lock both do it in this order.
 */
@Injectable()
export class HoldRecorder {
  private readonly logger = new Logger('hold');
  private readonly begun: Counter<'reason'>;
  private readonly ended: Counter<'reason'>;

  constructor(
    private readonly config: MiraConfig,
    metrics: MetricsService,
  ) {
    this.begun = metrics.counter('mira_holds_begun_total', 'Holds that began', ['reason']);
    this.ended = metrics.counter('mira_holds_ended_total', 'Holds that ended', ['reason']);
  }

  /** Asks the database nothing for attempts that went as most do. */
  async change(client: GroupClient, attempts: readonly HoldWitness[]): Promise<HoldChanges> {
    const opening = attempts.filter(({ opens }) => opens !== null);
    const probes = attempts.filter(({ isProbe }) => isProbe);
    if (opening.length === 0 && probes.length === 0) return NONE;
    const opened = opening.length > 0 ? (await client.query<ChangedHold>(this.beginning(opening))).rows : [];
    if (opening.some(({ isProbe }) => isProbe)) await client.query(this.puttingOff(opening, client.only));
    const ended = probes.length > 0 ? (await client.query<ChangedHold>(ending(probes, client.only))).rows : [];
    return { begun: opened.filter((row) => Reflect.get(row, 'is_new') === true), ended };
  }

  /** One line each, with what people need to find out whose n8n is in trouble. */
  announce({ begun, ended }: HoldChanges): void {
    for (const hold of begun) {
      this.begun.inc({ reason: hold.reason });
      this.logger.warn({ msg: 'a hold begins', ...named(hold) });
    }
    for (const hold of ended) {
      this.ended.inc({ reason: hold.reason });
      const seconds = Math.round((Date.now() - hold.since.getTime()) / 1_000);
      this.logger.log({ msg: 'a hold is over', ...named(hold), lasted_seconds: seconds });
    }
  }

  private beginning(attempts: readonly HoldWitness[]): Statement {
    const { probe_first_seconds: first, probe_max_seconds: most } = this.config.delivery;
    const values = [
      attempts.map(({ tenantId }) => tenantId),
      attempts.map(({ opens }) => opens?.scope),
      attempts.map(({ opens }) => opens?.targetId),
      attempts.map(({ opens }) => opens?.reason),
      attempts.map(({ opens }) => opens?.detail),
      first,
      most,
    ];
    return { name: 'begin-holds', text: BEGIN_HOLDS, values };
  }

  private puttingOff(attempts: readonly HoldWitness[], only: Narrowing): Statement {
    const { probe_first_seconds: first, probe_max_seconds: most } = this.config.delivery;
    const values = [
      attempts.map(({ tenantId }) => tenantId),
      attempts.map(({ opens }) => opens?.scope),
      attempts.map(({ opens }) => opens?.targetId),
      attempts.map(({ deliveryId }) => deliveryId),
      first,
      most,
    ];
    return { name: 'put-off-holds', text: putOffSql(only), values };
  }
}

/**
 * When to look again, after one more probe that found it no better. `first` and `most` are in seconds. Added in UTC, which
 * is the same everywhere: Citus takes no sum that a session's time zone has a part in with what stands in a row.
 */
export function backoffSql(count: string, first: string, most: string): string {
  const wait = `least(${most}::float8, ${first}::float8 * 2 ^ least(${count}, 30)) * interval '1 second'`;
  return `(now() AT TIME ZONE 'UTC' + ${wait}) AT TIME ZONE 'UTC'`;
}

function ending(probes: readonly HoldWitness[], only: Narrowing): Statement {
  const values = [probes.map(({ tenantId }) => tenantId), probes.map(({ deliveryId }) => deliveryId)];
  return { name: 'end-holds', text: endHoldsSql(only), values };
}

function named({ tenant_id, scope, target_id, reason }: ChangedHold) {
  return { tenant_id, [`${scope}_id`]: target_id, reason };
}

/** A hold that stands stays as old as it is. */
const BEGIN_HOLDS = `
  INSERT INTO holds AS h (tenant_id, scope, target_id, reason, detail, probe_at)
  SELECT DISTINCT ON (tenant_id, scope, target_id) tenant_id, scope, target_id, reason, detail,
    ${backoffSql('0', '$6', '$7')}
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[])
    AS t (tenant_id, scope, target_id, reason, detail)
  ORDER BY tenant_id, scope, target_id
  ON CONFLICT (tenant_id, scope, target_id) DO UPDATE SET reason = excluded.reason, detail = excluded.detail
  RETURNING tenant_id, scope, target_id, reason, since, xmax = 0 AS is_new`;

/** One whose own probe failed: the next one is later. */
const putOffSql = (only: Narrowing) => `
  UPDATE holds h SET probe_count = h.probe_count + 1, probe_delivery_id = NULL,
    probe_at = ${backoffSql('h.probe_count + 1', '$5', '$6')}
  FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS t (tenant_id, scope, target_id)
  WHERE h.tenant_id = t.tenant_id AND h.scope = t.scope AND h.target_id = t.target_id
    AND h.probe_delivery_id = ANY ($4::uuid[])${only('h')}`;

/** Those whose probe came through, or found something else: whatever was begun again by it names it no more. */
const endHoldsSql = (only: Narrowing) => `
  DELETE FROM holds h USING unnest($1::uuid[], $2::uuid[]) AS t (tenant_id, delivery_id)
  WHERE h.tenant_id = t.tenant_id AND h.probe_delivery_id = t.delivery_id${only('h')}
  RETURNING h.tenant_id, h.scope, h.target_id, h.reason, h.since`;

import { Injectable, Logger } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { MiraConfig } from '../../../config/mira.config';
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
    const ended = probes.length > 0 ? (await client.query<ChangedHold>(ending(probes))).rows : [];
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
      attempts.map(({ deliveryId }) => deliveryId),
      first,
      most,
    ];
    return { name: 'begin-holds', text: BEGIN_HOLDS, values };
  }
}

/** When to look again, after one more probe that found it no better. `first` and `most` are in seconds. */
export function backoffSql(count: string, first: string, most: string): string {
  return `now() + least(${most}::float8, ${first}::float8 * 2 ^ least(${count}, 30)) * interval '1 second'`;
}

function ending(probes: readonly HoldWitness[]): Statement {
  const values = [probes.map(({ tenantId }) => tenantId), probes.map(({ deliveryId }) => deliveryId)];
  return { name: 'end-holds', text: END_HOLDS, values };
}

function named({ tenant_id, scope, target_id, reason }: ChangedHold) {
  return { tenant_id, [`${scope}_id`]: target_id, reason };
}

/** A hold that stands stays as old as it is. Its own probe that failed makes the next one later. */
const BEGIN_HOLDS = `
  INSERT INTO holds AS h (tenant_id, scope, target_id, reason, detail, probe_at)
  SELECT DISTINCT ON (tenant_id, scope, target_id) tenant_id, scope, target_id, reason, detail,
    ${backoffSql('0', '$7', '$8')}
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[])
    AS t (tenant_id, scope, target_id, reason, detail)
  ORDER BY tenant_id, scope, target_id
  ON CONFLICT (tenant_id, scope, target_id) DO UPDATE SET
    reason = excluded.reason,
    detail = excluded.detail,
    probe_count = h.probe_count + CASE WHEN h.probe_delivery_id = ANY ($6::uuid[]) THEN 1 ELSE 0 END,
    probe_at = CASE WHEN h.probe_delivery_id = ANY ($6::uuid[])
      THEN ${backoffSql('h.probe_count + 1', '$7', '$8')} ELSE h.probe_at END,
    probe_delivery_id = CASE WHEN h.probe_delivery_id = ANY ($6::uuid[]) THEN NULL ELSE h.probe_delivery_id END
  RETURNING tenant_id, scope, target_id, reason, since, xmax = 0 AS is_new`;

/** Those whose probe came through, or found something else: whatever was begun again by it names it no more. */
const END_HOLDS = `
  DELETE FROM holds h USING unnest($1::uuid[], $2::uuid[]) AS t (tenant_id, delivery_id)
  WHERE h.tenant_id = t.tenant_id AND h.probe_delivery_id = t.delivery_id
  RETURNING h.tenant_id, h.scope, h.target_id, h.reason, h.since`;

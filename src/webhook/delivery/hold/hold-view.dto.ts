import { ApiProperty } from '@nestjs/swagger';
import { HOLD_REASONS, HOLD_SCOPES, type HoldReason, type HoldScope } from './hold-reason';

export interface HoldRow {
  readonly scope: HoldScope;
  readonly target_id: string;
  readonly reason: HoldReason;
  readonly detail: string;
  readonly since: Date;
  readonly probe_at: Date;
  readonly probe_count: number;
  readonly probe_delivery_id: string | null;
  readonly held_count: number;
}

/** What keeps deliveries back, as it is answered. */
export class HoldView {
  /** Whether it is about one route, or about all that lead to one integration. */
  @ApiProperty({ enum: HOLD_SCOPES })
  scope!: HoldScope;
  /** The id of the route or of the integration. */
  target_id!: string;
  @ApiProperty({ enum: HOLD_REASONS })
  reason!: HoldReason;
  /** What was seen last, and what to do about it. */
  detail!: string;
  since!: string;
  /** When it is looked into next; while a delivery is on its way to find out, when that is given up. */
  probe_at!: string;
  /** How often that has been in vain. */
  probe_count!: number;
  /** The delivery that is on its way to find out; null where none is. */
  probe_delivery_id!: string | null;
  /** How many deliveries are held there. */
  held_count!: number;
}

export class HoldPage {
  data!: HoldView[];
  next_cursor!: string | null;
}

export function holdView({ since, probe_at, ...hold }: HoldRow): HoldView {
  return { ...hold, since: since.toISOString(), probe_at: probe_at.toISOString() };
}

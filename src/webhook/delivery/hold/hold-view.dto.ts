import { ApiProperty } from '@nestjs/swagger';
import { HOLD_REASONS, HOLD_SCOPES, type HoldReason, type HoldScope } from './hold-reason';

/** Held deliveries of one hold; how many more there are is not worth the time. */
export const MOST_COUNTED = 10_000;

export interface HoldRow {
  readonly scope: HoldScope;
  readonly target_id: string;
  readonly reason: HoldReason;
  readonly detail: string;
  readonly since: Date;
  readonly probe_at: Date;
  readonly probe_count: number;
  readonly probe_delivery_id: string | null;
  /** One more than are counted where there are more. */
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
  /** How many deliveries are held there; 10,000 are counted at most. */
  held_count!: number;
  /** False where there are more. */
  held_count_is_exact!: boolean;
}

export class HoldPage {
  data!: HoldView[];
  next_cursor!: string | null;
}

export function holdView({ since, probe_at, held_count, ...hold }: HoldRow): HoldView {
  return {
    ...hold,
    since: since.toISOString(),
    probe_at: probe_at.toISOString(),
    held_count: Math.min(held_count, MOST_COUNTED),
    held_count_is_exact: held_count <= MOST_COUNTED,
  };
}

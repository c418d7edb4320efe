import { ApiProperty } from '@nestjs/swagger';
import { EventView } from '../event/event-view.dto';
import { type Replay, REPLAY_KINDS, type ReplayKind, REPLAY_STATES, type ReplayState } from './replay.entity';

/** A replay or redrive, and how far it has come. */
export class ReplayView {
  id!: string;
  @ApiProperty({ enum: REPLAY_KINDS })
  kind!: ReplayKind;
  /** What was selected, as it was asked for. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  selection!: Record<string, unknown>;
  /** The route that events go along; null where they go along those that take them. */
  route_id!: string | null;
  rate_per_second!: number;
  reason!: string | null;
  @ApiProperty({ enum: REPLAY_STATES })
  state!: ReplayState;
  /** Why it could not go on; null where it can. */
  failure!: string | null;
  /** How many are selected; null where they are more than 10,000 or too far apart to be counted. */
  total!: number | null;
  /** How many of them were dealt with. */
  processed!: number;
  /** Deliveries that came of it; they start at the rate. */
  created!: number;
  /** The part of `total` that was dealt with, from 0 to 1; null where the total is not known. */
  progress!: number | null;
  created_at!: string;
  completed_at!: string | null;
}

export class ReplayPage {
  data!: ReplayView[];
  next_cursor!: string | null;
}

/** Where some of the events would go. */
export class ReplayGoalView {
  route_id!: string | null;
  /** The route's name. */
  route!: string | null;
  agent!: string | null;
  deliveries!: number;
}

/** What a replay would do. */
export class ReplayPreviewView {
  @ApiProperty({ type: 'boolean', enum: [true] })
  preview!: true;
  /** Events that are selected. */
  count!: number;
  /** False where there are more, or there may be: counting stops at 10,000 and after some time. */
  count_is_exact!: boolean;
  /** The oldest of them. */
  sample!: EventView[];
  /** Where the first `goes_to_counted` of them would go. */
  goes_to!: ReplayGoalView[];
  /** At most 50, and fewer where their bodies come to more than 4 MiB. */
  goes_to_counted!: number;
  rate_per_second!: number;
}

/** What a redrive would do. */
export class RedrivePreviewView {
  @ApiProperty({ type: 'boolean', enum: [true] })
  preview!: true;
  /** Deliveries that would be given another try; counting stops at 10,000. */
  count!: number;
  count_is_exact!: boolean;
  /** The oldest of them, by their ids. */
  sample!: string[];
  rate_per_second!: number;
}

export function replayView(replay: Replay): ReplayView {
  const { state, total, processed } = replay;
  return {
    id: replay.id,
    kind: replay.kind,
    selection: { ...replay.selection },
    route_id: replay.routeId,
    rate_per_second: replay.ratePerSecond,
    reason: replay.reason,
    state,
    failure: replay.failure,
    total,
    processed,
    created: replay.created,
    progress: state === 'done' ? 1 : total === null ? null : total === 0 ? 0 : Math.min(1, processed / total),
    created_at: replay.createdAt.toISOString(),
    completed_at: replay.completedAt?.toISOString() ?? null,
  };
}

import { ApiProperty } from '@nestjs/swagger';
import { DEAD_CAUSES } from './attempt/dead-cause';

/** Deliveries of one route that were given up for the same cause. */
export class DeadLetterView {
  @ApiProperty({ enum: DEAD_CAUSES })
  cause!: string;
  /** Null where an agent had subscribed to the events. */
  route_id!: string | null;
  agent!: string | null;
  count!: number;
  /** When the first and the last of them were given up. */
  oldest_at!: string;
  newest_at!: string;
  /** One of them: the one that was planned last. */
  example_delivery_id!: string;
  /** What its last attempt came to. */
  example_reason!: string | null;
}

/** All of them by cause, the most first. */
export class DeadLetterList {
  data!: DeadLetterView[];
  /** There is no other page: as many kinds as there are fit one. */
  next_cursor!: string | null;
  /** False where there are more than 100,000 dead deliveries: then those that were planned last are counted. */
  is_complete!: boolean;
}

export interface DeadLetterRow {
  readonly cause: string;
  readonly routeId: string | null;
  readonly agentName: string | null;
  readonly count: number;
  readonly oldest: Date;
  readonly newest: Date;
  readonly exampleId: string;
  readonly exampleReason: string | null;
}

export function deadLetterView(row: DeadLetterRow): DeadLetterView {
  return {
    cause: row.cause,
    route_id: row.routeId,
    agent: row.agentName,
    count: row.count,
    oldest_at: row.oldest.toISOString(),
    newest_at: row.newest.toISOString(),
    example_delivery_id: row.exampleId,
    example_reason: row.exampleReason,
  };
}

import { ApiProperty } from '@nestjs/swagger';
import { type TimelineEntry, TIMELINE_STEPS, type TimelineStep } from './event.timeline';

/** Something that happened to an event. */
export class TimelineEntryView {
  at!: string;
  @ApiProperty({ enum: TIMELINE_STEPS })
  step!: TimelineStep;
  delivery_id!: string | null;
  /** 1 for the first. */
  attempt!: number | null;
  execution_id!: string | null;
  /** What it came to: an attempt's outcome, an execution's status, a delivery's status, what it is held for. */
  outcome!: string | null;
  detail!: string | null;
}

/** What is on record of an event, first to last: of its last hundred deliveries, the last hundred attempts of each. */
export class TimelineView {
  event_id!: string;
  data!: TimelineEntryView[];
}

export function timelineView(eventId: string, entries: readonly TimelineEntry[]): TimelineView {
  return {
    event_id: eventId,
    data: entries.map(({ at, step, deliveryId, attempt, executionId, outcome, detail }) => ({
      at: at.toISOString(),
      step,
      delivery_id: deliveryId,
      attempt,
      execution_id: executionId,
      outcome,
      detail,
    })),
  };
}

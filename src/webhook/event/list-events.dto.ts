import { PageQuery } from '@mira/page';
import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { IsInstant } from '../input/instant.decorator';
import { IsLine } from '../input/line.decorator';
import type { EventCriteria } from './event.search';
import { EVENT_STATUSES, type EventStatus } from './event-status';

const MAX_TEXT = 200;

/** Which events; all that is given must hold. */
export class EventFilterDto {
  @IfGiven()
  @IsLine(255)
  service?: string;

  @IfGiven()
  @IsLine(255)
  event_type?: string;

  /** `unrouted`, `pending` (some delivery is yet to come), `dead`, `failed` or `delivered`. */
  @ApiProperty({ enum: EVENT_STATUSES, required: false })
  @IfGiven()
  @IsIn(EVENT_STATUSES, { message: `must be one of ${EVENT_STATUSES.join(', ')}` })
  status?: EventStatus;

  /** Received then or later. */
  @IfGiven()
  @IsInstant()
  from?: Date;

  /** Received before then. */
  @IfGiven()
  @IsInstant()
  to?: Date;

  /** A text that stands in the body as it was received, in upper or lower case; escapes of JSON are not read. */
  @IfGiven()
  @IsLine(MAX_TEXT)
  q?: string;
}

/** Which events to list. */
export class ListEventsQuery extends IntersectionType(PageQuery, EventFilterDto) {}

export function criteriaOf(filter: EventFilterDto): EventCriteria {
  const { service = null, event_type: eventType = null, status = null, from = null, to = null, q = null } = filter;
  return { service, eventType, status, from, to, q };
}

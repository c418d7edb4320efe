import { PageQuery } from '@mira/page';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { IsInstant } from '../input/instant.decorator';
import { IsLine } from '../input/line.decorator';
import { EVENT_STATUSES, type EventStatus } from './event-status';

/** Which events to list; all that is given must hold. */
export class ListEventsQuery extends PageQuery {
  @IfGiven()
  @IsLine(255)
  service?: string;

  @IfGiven()
  @IsLine(255)
  event_type?: string;

  /** `unrouted`, `pending` (some delivery is yet to come), `dead` or `delivered`. */
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
}

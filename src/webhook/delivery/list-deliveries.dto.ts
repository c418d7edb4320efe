import { PageQuery } from '@mira/page';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { SHOWN_STATUSES, type ShownStatus } from './delivery.entity';

/** Which deliveries to list; all that is given must hold. */
export class ListDeliveriesQuery extends PageQuery {
  @ApiProperty({ enum: SHOWN_STATUSES, required: false })
  @IfGiven()
  @IsIn(SHOWN_STATUSES, { message: `must be one of ${SHOWN_STATUSES.join(', ')}` })
  status?: ShownStatus;

  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of an event' })
  event_id?: string;

  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of a route' })
  route_id?: string;
}

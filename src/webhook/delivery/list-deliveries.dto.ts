import { PageQuery } from '@mira/page';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { DELIVERY_STATUSES, type DeliveryStatus } from './delivery.entity';

/** Which deliveries to list; all that is given must hold. */
export class ListDeliveriesQuery extends PageQuery {
  @ApiProperty({ enum: DELIVERY_STATUSES, required: false })
  @IfGiven()
  @IsIn(DELIVERY_STATUSES, { message: `must be one of ${DELIVERY_STATUSES.join(', ')}` })
  status?: DeliveryStatus;

  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of an event' })
  event_id?: string;

  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of a route' })
  route_id?: string;
}

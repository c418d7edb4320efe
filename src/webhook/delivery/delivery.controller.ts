import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DeadLetterList } from './dead-letter-view.dto';
import { DeliveryDetailView, DeliveryPage, DeliveryView } from './delivery-view.dto';
import { DeliveryService } from './delivery.service';
import { ListDeliveriesQuery } from './list-deliveries.dto';

@ApiTags('deliveries')
@Controller('api/v1/deliveries')
export class DeliveryController {
  constructor(private readonly deliveries: DeliveryService) {}

  /** Newest first. */
  @Get()
  @Allow('webhook:read')
  list(@CurrentPrincipal() who: Principal, @Query() query: ListDeliveriesQuery): Promise<DeliveryPage> {
    return this.deliveries.list(who.tenantId, query);
  }

  /** What was given up, by cause and route. */
  @Get('dead-letters')
  @Allow('webhook:read')
  deadLetters(@CurrentPrincipal() who: Principal): Promise<DeadLetterList> {
    return this.deliveries.deadLetters(who.tenantId);
  }

  @Get(':id')
  @Allow('webhook:read')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<DeliveryDetailView> {
    return this.deliveries.get(who.tenantId, id);
  }

  /**
   * Has a dead or waiting delivery tried once more, at once. For one that is held because its receiver takes nothing, it
   * is looked at once whether it does again.
   */
  @Post(':id/retry')
  @HttpCode(202)
  @Allow('webhook:configure')
  retry(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<DeliveryView> {
    return this.deliveries.retry(who, id);
  }

  /** Gives a delivery up by hand. On an ordered route those behind it go on. */
  @Post(':id/set-aside')
  @HttpCode(200)
  @Allow('webhook:configure')
  setAside(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<DeliveryView> {
    return this.deliveries.setAside(who, id);
  }
}

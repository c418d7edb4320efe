import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { HoldPage } from './hold-view.dto';
import { HoldService } from './hold.service';

@ApiTags('deliveries')
@Controller('api/v1/holds')
export class HoldController {
  constructor(private readonly holds: HoldService) {}

  /** What keeps deliveries back at the moment. */
  @Get()
  @Allow('webhook:read')
  list(@CurrentPrincipal() who: Principal, @Query() page: PageQuery): Promise<HoldPage> {
    return this.holds.list(who.tenantId, page);
  }
}

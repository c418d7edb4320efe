import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireFeature } from '../../enterprise/plan/require-feature.decorator';
import { RoutePage, RouteView } from './route-view.dto';
import { CreateRouteDto, UpdateRouteDto } from './route.dto';
import { RouteService } from './route.service';

@ApiTags('routes')
@Controller('api/v1/routes')
export class RouteController {
  constructor(private readonly routes: RouteService) {}

  /** Newest first. */
  @Get()
  @Allow('webhook:read')
  list(@CurrentPrincipal() who: Principal, @Query() page: PageQuery): Promise<RoutePage> {
    return this.routes.list(who.tenantId, page);
  }

  @Post()
  @Allow('webhook:configure')
  @RequireFeature('basic_workflows')
  create(@CurrentPrincipal() who: Principal, @Body() wanted: CreateRouteDto): Promise<RouteView> {
    return this.routes.create(who, wanted);
  }

  @Get(':id')
  @Allow('webhook:read')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<RouteView> {
    return this.routes.get(who.tenantId, id);
  }

  @Patch(':id')
  @Allow('webhook:configure')
  update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() changes: UpdateRouteDto,
  ): Promise<RouteView> {
    return this.routes.update(who, id, changes);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('webhook:configure')
  delete(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.routes.delete(who, id);
  }
}

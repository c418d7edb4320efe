import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { ApiProblem } from '@mira/problem';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireFeature } from '../../enterprise/plan/require-feature.decorator';
import { RouteTestView, TestRouteDto } from './route-test.dto';
import { RoutePage, RouteView } from './route-view.dto';
import { CreateRouteDto, UpdateRouteDto } from './route.dto';
import { RouteService } from './route.service';

const ORDER_NEEDS = 'This needs webhook:configure, and for `ordered` advanced_workflows in the plan.';

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
  @ApiProblem(403, ORDER_NEEDS)
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
  @ApiProblem(403, ORDER_NEEDS)
  update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() changes: UpdateRouteDto,
  ): Promise<RouteView> {
    return this.routes.update(who, id, changes);
  }

  /** Whether it would take an event, a stored one or one that is made up, and why not. Nothing is sent. */
  @Post(':id/test')
  @HttpCode(200)
  @Allow('webhook:read')
  test(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() wanted: TestRouteDto,
  ): Promise<RouteTestView> {
    return this.routes.test(who.tenantId, id, wanted);
  }

  /** Its deliveries are held from now on, and cost no attempt; events still come to it. */
  @Post(':id/pause')
  @HttpCode(200)
  @Allow('webhook:configure')
  pause(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<RouteView> {
    return this.routes.pause(who, id);
  }

  /** What was held goes on, the oldest first. */
  @Post(':id/resume')
  @HttpCode(200)
  @Allow('webhook:configure')
  resume(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<RouteView> {
    return this.routes.resume(who, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('webhook:configure')
  delete(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.routes.delete(who, id);
  }
}

import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { RequireFeature } from '../plan/require-feature.decorator';
import { AnalyticsService } from './analytics.service';
import { RangeQuery, SeriesQuery } from './usage-query.dto';
import { AnalyticsView, SeriesView } from './usage-view.dto';
import { UsageReport } from './usage.report';

@ApiTags('usage')
@Controller('api/v1')
@Allow('usage:read')
export class UsageController {
  constructor(
    private readonly analyticsOf: AnalyticsService,
    private readonly report: UsageReport,
  ) {}

  /** What the tenant uses, how near it is to its limits, and how its deliveries go. */
  @Get('analytics')
  @RequireFeature('analytics_dashboard')
  analytics(@CurrentPrincipal() who: Principal): Promise<AnalyticsView> {
    return this.analyticsOf.of(who.tenantId);
  }

  /** One metric over time, by day or month, without gaps. */
  @Get('usage/series')
  series(@CurrentPrincipal() who: Principal, @Query() query: SeriesQuery): Promise<SeriesView> {
    return this.report.series(who.tenantId, query);
  }

  /** All metrics over time, as CSV. */
  @Get('usage/export')
  @Header('Content-Type', 'text/csv; charset=utf-8')
  @Header('Content-Disposition', 'attachment; filename="usage.csv"')
  @ApiProduces('text/csv')
  @ApiOkResponse({ content: { 'text/csv': { schema: { type: 'string' } } } })
  export(@CurrentPrincipal() who: Principal, @Query() query: RangeQuery): Promise<string> {
    return this.report.csv(who.tenantId, query);
  }
}

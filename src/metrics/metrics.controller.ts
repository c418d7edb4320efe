import { Controller, Get, Header, Headers, Res, UseGuards } from '@nestjs/common';
import { Public } from '@mira/access';
import { ApiProblem } from '@mira/problem';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Response } from 'express';
import { chooseFormat, OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE, toOpenMetrics } from './metrics.format';
import { MetricsView } from './metrics-view.dto';
import { MetricsTokenGuard } from './metrics-token.guard';
import { MetricsService, type MetricsSnapshot } from './metrics.service';

const TEXT = { 'text/plain': { schema: { type: 'string' } } };

/** The figures of this process, for people and for scrapers, at one address and in the form they ask for. */
@ApiTags('metrics')
@ApiExtraModels(MetricsView)
@ApiProblem(401, '`metrics.token` is set, and this is not it.')
@Controller('metrics')
@UseGuards(MetricsTokenGuard)
@Public('scrapers have no account; metrics.token closes it where the network does not')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @Header('Vary', 'Accept')
  @ApiOkResponse({
    description: 'The figures, in the form that `Accept` asks for',
    content: { 'application/json': { schema: { $ref: getSchemaPath(MetricsView) } }, ...TEXT },
  })
  async read(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MetricsSnapshot | string> {
    const format = chooseFormat(accept);
    switch (format) {
      case 'json':
        return this.metrics.snapshot();
      case 'prometheus':
        return this.prometheus(response);
      case 'openmetrics':
        response.type(OPENMETRICS_CONTENT_TYPE);
        return toOpenMetrics(await this.metrics.prometheusText());
      default:
        return format satisfies never;
    }
  }

  @Get('prometheus')
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ description: 'The figures for Prometheus', content: TEXT })
  prometheus(@Res({ passthrough: true }) response: Response): Promise<string> {
    response.type(PROMETHEUS_CONTENT_TYPE);
    return this.metrics.prometheusText();
  }
}

import { Public } from '@mira/access';
import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import { ApiExtraModels, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { CheckView, HealthView, LiveView, ReadyView } from './health.dto';
import { HealthService } from './health.service';

@ApiTags('health')
@ApiExtraModels(CheckView)
@Controller('health')
@Public('probes carry no credentials, and the answers hold nothing secret')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** How Mira and its parts are: 200 while it can serve, 503 when it cannot. */
  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiServiceUnavailableResponse({ type: HealthView, description: 'It cannot serve.' })
  async report(@Res({ passthrough: true }) response: Response): Promise<HealthView> {
    const report = await this.health.report();
    response.status(report.status === 'unhealthy' ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK);
    return report;
  }

  /** 200 while the event loop turns, whatever else is wrong: a restart would not mend the database. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): LiveView {
    return { status: 'live' };
  }

  /** 200 while requests should come here; 503 while starting, draining, or without the database. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @ApiServiceUnavailableResponse({ type: ReadyView, description: 'Nothing should come here now.' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadyView> {
    const view = await this.health.ready();
    response.status(view.status === 'ready' ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return view;
  }
}

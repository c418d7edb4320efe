import { Allow } from '@mira/access';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireFeature } from '../enterprise/plan/require-feature.decorator';
import { ServiceMinutes } from './service-minutes';
import { slaOf } from './sla';
import { SlaQuery, SlaView, WINDOWS } from './sla.dto';

@ApiTags('sla')
@Controller('api/v1/sla')
@Allow('usage:read')
@RequireFeature('sla_guarantee')
export class SlaController {
  constructor(private readonly minutes: ServiceMinutes) {}

  /** How receiving went in a window, beside what is promised: of all processes and tenants together. */
  @Get()
  async read(@Query() { window }: SlaQuery): Promise<SlaView> {
    return slaOf(window, await this.minutes.sum(WINDOWS[window]), new Date());
  }
}

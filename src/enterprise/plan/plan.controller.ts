import { Allow, CurrentPrincipal, type Principal, SignedIn } from '@mira/access';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TIERS } from '../../tenant/tenant.entity';
import { FeaturesView, LimitsView, PlanPage, planView } from './plan-view.dto';
import { FeatureService } from './feature.service';
import { LimitService } from './limit.service';

@ApiTags('plans')
@Controller('api/v1')
export class PlanController {
  constructor(
    private readonly limitsOf: LimitService,
    private readonly featuresOf: FeatureService,
  ) {}

  /** The plans that there are, the smallest first. */
  @Get('plans')
  @SignedIn()
  list(): PlanPage {
    return { data: TIERS.map(planView), next_cursor: null };
  }

  /** How far each limit of the tenant's plan is used up. */
  @Get('limits')
  @Allow('usage:read')
  limits(@CurrentPrincipal() who: Principal): Promise<LimitsView> {
    return this.limitsOf.report(who.tenantId);
  }

  /** Every feature that there is, and whether the tenant's plan has it. */
  @Get('features')
  @Allow('usage:read')
  features(@CurrentPrincipal() who: Principal): Promise<FeaturesView> {
    return this.featuresOf.report(who.tenantId);
  }
}

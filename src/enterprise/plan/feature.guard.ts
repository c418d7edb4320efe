import { principalOf } from '@mira/access';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { FeatureService } from './feature.service';
import { requiredFeature } from './require-feature.decorator';

/** After the permission: does the plan of the tenant have what the route needs? */
@Injectable()
export class FeatureGuard implements CanActivate {
  constructor(private readonly features: FeatureService) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const feature = requiredFeature(context.getHandler(), context.getClass());
    if (feature === undefined) return true;
    const principal = principalOf(context.switchToHttp().getRequest<object>());
    if (!principal) return false;
    return this.features.require(principal.tenantId, feature).then(() => true);
  }
}

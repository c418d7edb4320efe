import { CrossingLog, originOf, type Principal, principalOf, setPrincipal } from '@mira/access';
import { problems } from '@mira/problem';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FeatureService } from '../../enterprise/plan/feature.service';
import { noSuchTenant } from '../../tenant/tenant.rules';
import { type RequestedTenant, requestedTenant, type TenantRequest } from './requested-tenant';

/**
 * After those that know who calls: in whose tenant does the request act? In the caller's own, unless an admin names
 * another, and the admin's own plan has `multi_tenant_rbac`. For everybody else another tenant does not exist.
 */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(
    private readonly dataSource: DataSource,
    private readonly crossings: CrossingLog,
    private readonly features: FeatureService,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<TenantRequest>();
    const principal = principalOf(request);
    if (!principal) return true;
    const requested: RequestedTenant = requestedTenant(request);
    switch (requested.kind) {
      case 'own':
        return true;
      case 'malformed':
        throw problems.badRequest(requested.detail);
      case 'named':
        return requested.tenantId === principal.tenantId || this.cross(request, principal, requested.tenantId);
    }
  }

  private async cross(request: TenantRequest, principal: Principal, tenantId: string): Promise<boolean> {
    if (principal.role !== 'admin') throw noSuchTenant();
    // Before the tenant is looked for, so that nobody learns by it which there are.
    await this.features.require(principal.tenantId, 'multi_tenant_rbac');
    if (!(await this.exists(tenantId))) throw noSuchTenant();
    const { route } = request;
    await this.crossings.record({
      userId: principal.userId,
      apiKeyId: principal.apiKeyId,
      fromTenantId: principal.tenantId,
      toTenantId: tenantId,
      route: `${request.method} ${route?.path ?? request.path}`,
      origin: originOf(request),
    });
    setPrincipal(request, { ...principal, tenantId, homeTenantId: principal.tenantId });
    return true;
  }

  /** Active or not: an admin may have to look into a tenant that was shut. */
  private async exists(tenantId: string): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query('SELECT FROM tenants WHERE id = $1', [tenantId]);
    return rows.length > 0;
  }
}

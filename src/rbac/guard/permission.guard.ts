import { accessOf, missingPermissions, originOf, type Permission, type Principal, principalOf } from '@mira/access';
import { AuditTrail } from '@mira/audit';
import { BenchmarkRegistry } from '@mira/benchmark';
import { problems } from '@mira/problem';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';

/** Who is refused is an error. */
const CHECK = 'permission_check';

/** What is told of a request that is refused; the pattern of its address, for there may be secrets in the address. */
interface GuardedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly route?: { readonly path: string };
}

/** Last of the global guards: may the one who calls do what the route declares? Undeclared means no. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly trail: AuditTrail,
    private readonly benchmarks: BenchmarkRegistry,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    return this.benchmarks.measure(CHECK, () => this.check(context));
  }

  private check(context: ExecutionContext): boolean {
    const access = accessOf(context.getHandler(), context.getClass());
    if (access?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const principal = principalOf(request);
    if (!access || !principal) throw problems.forbidden();
    if (access.kind === 'signed-in') return true;
    const missing = missingPermissions(principal, access.permissions);
    if (missing.length > 0) {
      this.noteDenied(request, principal, missing);
      throw problems.forbidden(`This needs the permission ${missing.join(' and ')}.`, { missing_permissions: missing });
    }
    return true;
  }

  private noteDenied(request: GuardedRequest, principal: Principal, missing: readonly Permission[]): void {
    const { method, path, route = { path } } = request;
    this.trail.note(
      { ...principal, origin: originOf(request) },
      {
        action: 'access.denied',
        resourceType: 'route',
        resourceId: `${method} ${route.path}`,
        after: { missing_permissions: missing },
        outcome: 'denied',
      },
    );
  }
}

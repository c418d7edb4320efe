import { accessOf, missingPermissions, principalOf } from '@mira/access';
import { problems } from '@mira/problem';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';

/** Last of the global guards: may the one who calls do what the route declares? Undeclared means no. */
@Injectable()
export class PermissionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const access = accessOf(context.getHandler(), context.getClass());
    if (access?.kind === 'public') return true;
    const principal = principalOf(context.switchToHttp().getRequest<object>());
    if (!access || !principal) throw problems.forbidden();
    if (access.kind === 'signed-in') return true;
    const missing = missingPermissions(principal, access.permissions);
    if (missing.length > 0) {
      throw problems.forbidden(`This needs the permission ${missing.join(' and ')}.`, { missing_permissions: missing });
    }
    return true;
  }
}

import { accessOf, Authenticator, setPrincipal } from '@mira/access';
import { problems } from '@mira/problem';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';

/**
 * First of the global guards: finds out who calls. Deny by default: everything that is not declared public
 * needs a valid credential, a route that declares nothing included.
 */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(private readonly authenticator: Authenticator) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (accessOf(context.getHandler(), context.getClass())?.kind === 'public') return true;
    return this.authenticate(context.switchToHttp().getRequest<Request>());
  }

  private async authenticate(request: Request): Promise<boolean> {
    const authentication = await this.authenticator.authenticate(request.headers);
    switch (authentication.kind) {
      case 'authenticated':
        setPrincipal(request, authentication.principal);
        return true;
      case 'refused':
        throw problems.unauthorized(authentication.detail);
      case 'anonymous':
        throw problems.unauthorized('Send an API key in X-API-Key or as Authorization: Bearer.');
    }
  }
}

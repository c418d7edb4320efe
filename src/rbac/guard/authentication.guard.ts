import { accessOf, type Authentication, Authenticator, setPrincipal } from '@mira/access';
import { problems } from '@mira/problem';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ApiRateLimit } from './api-rate-limit';

/**
 * First of the global guards: finds out who calls. Deny by default: everything that is not declared public
 * needs a valid credential, a route that declares nothing included.
 */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limit: ApiRateLimit,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (accessOf(context.getHandler(), context.getClass())?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const authentication = this.authenticator.authenticate(request.headers, request.ip);
    if (authentication instanceof Promise) return authentication.then((found) => this.admit(request, found));
    return this.admit(request, authentication);
  }

  private admit(request: Request, authentication: Authentication): boolean {
    switch (authentication.kind) {
      case 'authenticated':
        setPrincipal(request, authentication.principal);
        return true;
      case 'misplaced':
        throw problems.forbidden(authentication.detail);
      case 'refused':
        this.limit.chargeAddress(request);
        throw problems.unauthorized(authentication.detail);
      case 'anonymous':
        this.limit.chargeAddress(request);
        throw problems.unauthorized(
          'Send an API key in X-API-Key, or an access token or API key as Authorization: Bearer.',
        );
    }
  }
}

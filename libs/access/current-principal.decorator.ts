import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { originOf } from './origin';
import { principalOf, type Principal } from './principal';

/**
 * Hands a route's method the principal of its request, with the request's origin.
 *
 * @throws Error on a route where nobody was authenticated: such a route must not ask who calls
 */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const request = context.switchToHttp().getRequest<object>();
  const principal = principalOf(request);
  if (principal) return { ...principal, origin: originOf(request) };
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  throw new Error(`${route} asks for its principal, but no credential was verified for this request`);
});

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { principalOf, type Principal } from './principal';

/**
 * Hands a route's method the principal of its request.
 *
 * @throws Error on a route where nobody was authenticated: such a route must not ask who calls
 */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const principal = principalOf(context.switchToHttp().getRequest<object>());
  if (principal) return principal;
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  throw new Error(`${route} asks for its principal, but no credential was verified for this request`);
});

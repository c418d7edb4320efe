import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Origin, originOf } from './origin';

/** Hands a route's method the origin of its request, for routes without a principal; a principal brings its own. */
export const FromWhere = createParamDecorator((_data: unknown, context: ExecutionContext): Origin =>
  originOf(context.switchToHttp().getRequest<object>()),
);

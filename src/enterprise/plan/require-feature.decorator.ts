import { applyDecorators } from '@nestjs/common';
import { ApiProblem } from '@mira/problem';
import 'reflect-metadata';
import { type Feature, isFeature } from './plans';

const FEATURE_METADATA = Symbol('mira:feature');

/** The route, or each of the controller, is there only for tenants whose plan has the feature; others are answered 403. */
export function RequireFeature(feature: Feature): MethodDecorator & ClassDecorator {
  return applyDecorators(
    (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
      const subject: unknown = descriptor ? descriptor.value : target;
      if (typeof subject === 'function') Reflect.defineMetadata(FEATURE_METADATA, feature, subject);
    },
    ApiProblem(403, `This needs the permission, and the feature ${feature} in the tenant's plan.`),
  );
}

/** What was declared for a route: on the method, else on its class. */
export function requiredFeature(handler: object, controller: object): Feature | undefined {
  const declared: unknown =
    Reflect.getMetadata(FEATURE_METADATA, handler) ?? Reflect.getMetadata(FEATURE_METADATA, controller);
  return typeof declared === 'string' && isFeature(declared) ? declared : undefined;
}

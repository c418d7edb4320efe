import { type Access, accessOf } from '@mira/access';
import { PROBLEM_SCHEMA, problemAnswer } from '@mira/problem';
import { ModulesContainer } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const SIGNED_IN: Record<string, string[]>[] = [{ bearer: [] }, { 'api-key': [] }];
/** The guards take it from whatever needs a credential. */
const OTHER_TENANT = {
  name: 'X-Tenant-Id',
  in: 'header',
  required: false,
  description: 'The tenant to act in, where it is not the own one. For admins alone; to others it does not exist.',
  schema: { type: 'string', format: 'uuid' },
} satisfies NonNullable<Operation['parameters']>[number];

/** How the operation is called that this method of this controller makes. */
export function operationId(controller: string, method: string): string {
  return `${controller}_${method}`;
}

/**
 * Completes what decorators say of the routes with what holds for all of their kind: who may call follows from
 * `@Allow`, `@SignedIn` and `@Public`, and which failures there are from that and from what a route takes.
 */
export function describeAnswers(app: NestExpressApplication, document: OpenAPIObject): OpenAPIObject {
  const declared = accessByOperation(app);
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const access = declared.get(operation.operationId ?? '');
      if (access?.kind !== 'public') {
        operation.security = SIGNED_IN;
        operation.parameters = [...(operation.parameters ?? []), OTHER_TENANT];
      }
      // What a route says of itself is better than what is said of all.
      operation.responses = { ...failuresOf(operation, access), ...operation.responses };
    }
  }
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA },
  };
  return document;
}

function failuresOf(operation: Operation, access: Access | undefined): Operation['responses'] {
  const places = new Set((operation.parameters ?? []).map((parameter) => ('in' in parameter ? parameter.in : '')));
  const hasBody = operation.requestBody !== undefined;
  const takesInput = hasBody || places.has('path') || places.has('query');
  return {
    ...(takesInput ? { 400: problemAnswer('What was sent is not valid; `errors` names the fields.') } : {}),
    ...(access?.kind === 'public' ? {} : { 401: problemAnswer('A valid credential is needed.') }),
    ...(access?.kind === 'allow' ? { 403: problemAnswer(`This needs ${access.permissions.join(' and ')}.`) } : {}),
    ...(places.has('path') ? { 404: problemAnswer('There is no such thing in this tenant.') } : {}),
    ...(hasBody ? { 413: problemAnswer('The body is too large.'), 415: problemAnswer('The body is no JSON.') } : {}),
    ...(access?.kind === 'public'
      ? {}
      : { 429: problemAnswer('Too many requests; `Retry-After` says when to come again.') }),
    500: problemAnswer('Something went wrong here; the log has more under the request id.'),
    503: problemAnswer('This cannot be done right now; `Retry-After` says when to come again.'),
    default: problemAnswer('Any other failure.'),
  };
}

function accessByOperation(app: NestExpressApplication): Map<string, Access> {
  const found = new Map<string, Access>();
  for (const { controllers } of app.get(ModulesContainer).values()) {
    for (const { metatype } of controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const prototype: unknown = metatype.prototype;
      if (typeof prototype !== 'object' || prototype === null) continue;
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const handler: unknown = Reflect.get(prototype, name);
        const access = typeof handler === 'function' ? accessOf(handler, metatype) : null;
        if (access) found.set(operationId(metatype.name, name), access);
      }
    }
  }
  return found;
}

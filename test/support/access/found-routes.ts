import { type Access, accessOf } from '@mira/access';
import { type INestApplication, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Express } from 'express';

/** A route that the running program has, by what its controller says. */
export interface FoundRoute {
  /** `GET /api/v1/events/:id` */
  readonly name: string;
  readonly access: Access | null;
}

/** Every route of every controller there is; nobody has to list them. */
export function routesOfControllers(app: INestApplication): FoundRoute[] {
  const scanner = new MetadataScanner();
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prototype = metatype.prototype as object;
      return scanner.getAllMethodNames(prototype).flatMap((method) => {
        const handler: unknown = Reflect.get(prototype, method);
        if (typeof handler !== 'function' || !Reflect.hasMetadata(PATH_METADATA, handler)) return [];
        const verb = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
        return pathsOf(metatype).flatMap((base) =>
          pathsOf(handler).map((path) => ({
            name: `${verb} /${[...base.split('/'), ...path.split('/')].filter(Boolean).join('/')}`,
            access: accessOf(handler, metatype),
          })),
        );
      });
    });
}

/** What the HTTP server really routes, whoever told it to. */
export function routesOfServer(app: INestApplication): string[] {
  const server = app.getHttpAdapter().getInstance() as Express;
  return server.router.stack.flatMap(({ route }) => {
    if (!route) return [];
    const methods = new Set(route.stack.map(({ method }) => method.toUpperCase()));
    return [...methods].map((method) => `${method} ${route.path}`);
  });
}

/** What the OpenAPI document names. */
export function routesOfDocument(document: Record<string, unknown>): string[] {
  return Object.entries(document['paths'] as Record<string, object>).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
}

function pathsOf(target: object): string[] {
  return [Reflect.getMetadata(PATH_METADATA, target) as string | string[]].flat();
}

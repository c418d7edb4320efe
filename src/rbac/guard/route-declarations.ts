import { accessOf } from '@mira/access';
import { Injectable, type OnApplicationBootstrap, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** Refuses to start a Mira in which a route declares neither @Allow, @SignedIn nor @Public, and names it. */
@Injectable()
export class RouteDeclarations implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onApplicationBootstrap(): void {
    const undeclared = this.discovery.getControllers().flatMap(({ metatype }) => this.undeclaredRoutes(metatype));
    if (undeclared.length === 0) return;
    throw new Error(
      `These routes do not say who may call them; give each @Allow(permission), @SignedIn() or @Public(reason): ` +
        undeclared.join(', '),
    );
  }

  private undeclaredRoutes(controller: unknown): string[] {
    if (typeof controller !== 'function') return [];
    const prototype: unknown = controller.prototype;
    if (typeof prototype !== 'object' || prototype === null) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler: unknown = Reflect.get(prototype, name);
      if (typeof handler !== 'function' || !Reflect.hasMetadata(PATH_METADATA, handler)) return [];
      if (accessOf(handler, controller)) return [];
      const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
      return [`${controller.name}.${name} (${typeof method === 'number' ? RequestMethod[method] : 'ANY'})`];
    });
  }
}

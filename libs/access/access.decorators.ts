import 'reflect-metadata';
import type { Permission } from './permissions';

/** What a route asks of those who call it. */
export type Access =
  | { readonly kind: 'public'; readonly reason: string }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'allow'; readonly permissions: readonly Permission[] };

/** Fits a controller class and its methods alike. */
export type AccessDecorator = <T>(
  target: object,
  propertyKey?: string | symbol,
  descriptor?: TypedPropertyDescriptor<T>,
) => void;

const ACCESS_METADATA = Symbol('mira:access');

/** Tells what these decorators stored from whatever else might be found on a function. */
class Declaration {
  constructor(readonly access: Access) {}
}

/** The caller must hold every one of these permissions. */
export function Allow(permission: Permission, ...more: Permission[]): AccessDecorator {
  return declare({ kind: 'allow', permissions: [permission, ...more] });
}

/** Anyone with a valid credential may call, whatever the role. */
export function SignedIn(): AccessDecorator {
  return declare({ kind: 'signed-in' });
}

/**
 * Anyone at all may call. The reason is for those who review what is open, so it cannot be left out.
 *
 * @throws Error where the reason is blank
 */
export function Public(reason: string): AccessDecorator {
  if (reason.trim() === '') throw new Error('@Public() needs the reason why no credential is asked for');
  return declare({ kind: 'public', reason });
}

/**
 * What was declared for a route: on the method, else on its class, else null. Null means that nobody thought
 * about it, and a guard must refuse such a route.
 *
 * @param handler the controller's method, e.g. `context.getHandler()`
 * @param controller the controller's class, e.g. `context.getClass()`
 */
export function accessOf(handler: object, controller: object): Access | null {
  return declared(handler) ?? declared(controller) ?? null;
}

function declared(target: object): Access | undefined {
  const found: unknown = Reflect.getMetadata(ACCESS_METADATA, target);
  return found instanceof Declaration ? found.access : undefined;
}

function declare(access: Access): AccessDecorator {
  return (target, propertyKey, descriptor) => {
    const subject: unknown = descriptor ? descriptor.value : target;
    if (typeof subject !== 'function')
      throw new Error(`Access is declared on methods and classes, not on ${String(propertyKey)}`);
    // Two declarations would leave the last one standing without a word, and one of them may be @Public().
    if (Reflect.hasOwnMetadata(ACCESS_METADATA, subject)) {
      throw new Error(`Access to ${subject.name} is declared twice; a route has one of @Allow, @SignedIn or @Public`);
    }
    Reflect.defineMetadata(ACCESS_METADATA, new Declaration(access), subject);
  };
}

import 'reflect-metadata';
import type { BenchmarkRegistry } from './benchmark-registry';
import { defaultRegistry } from './default-registry';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Measures each call of a method, under `name` or else `Class.method`: a plain one until it returns, an asynchronous
 * one until its promise is settled, and of a generator the time spent inside it, over all steps, once it ends.
 *
 * The method stays as it was: `this`, name, arity and the metadata of other decorators, above or below. An error is
 * counted apart and passed on. What is neither a promise nor a generator is measured until it is returned, also an
 * object with a `then`: calling that could start what nobody asked for yet.
 */
export function Benchmark(name?: string, registry: BenchmarkRegistry = defaultRegistry) {
  return <T>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<T>): void => {
    const original = descriptor.value;
    if (typeof original !== 'function') throw new TypeError(`@Benchmark is for methods, and ${String(key)} is none`);
    const measured = measure(original as unknown as Method, name ?? nameOf(target, key), registry);
    takeAfter(measured, original);
    descriptor.value = measured as unknown as T;
  };
}

function nameOf(target: object, key: string | symbol): string {
  const { name } = typeof target === 'function' ? target : target.constructor;
  return `${name}.${typeof key === 'symbol' ? (key.description ?? '') : key}`;
}

function measure(method: Method, name: string, registry: BenchmarkRegistry): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    return registry.measure(name, () => Reflect.apply(method, this, args));
  };
}

/** Gives a function the name, arity and metadata of the one that it stands for. */
function takeAfter(measured: Method, original: object): void {
  for (const key of ['name', 'length']) {
    const property = Object.getOwnPropertyDescriptor(original, key);
    if (property) Object.defineProperty(measured, key, property);
  }
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), measured);
  }
}

const FIELDS = new WeakMap<object, Set<string>>();

/**
 * A field of a DTO that holds whatever JSON its sender likes. It is taken as it was parsed: what makes instances of DTOs
 * would leave out names such as `constructor` and `toString`, and so change what was sent.
 */
export function AsParsed(): PropertyDecorator {
  return (target, name) => {
    if (typeof name !== 'string') throw new Error('@AsParsed stands on a field that has no name in JSON');
    FIELDS.set(target, new Set(FIELDS.get(target)).add(name));
  };
}

/** Those of a class and of what it extends. */
export function fieldsAsParsed(metatype: unknown): string[] {
  const names = new Set<string>();
  let prototype: unknown = typeof metatype === 'function' ? metatype.prototype : null;
  while (typeof prototype === 'object' && prototype !== null) {
    for (const name of FIELDS.get(prototype) ?? []) names.add(name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return [...names];
}

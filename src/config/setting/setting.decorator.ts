import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import { ValidateBy, ValidateNested } from 'class-validator';

/** The values that a setting takes. `T` is checked against the type of the property it decorates. */
export interface SettingKind<T> {
  /** Completes "it must be …". */
  readonly takes: string;
  readonly accepts: (value: unknown) => value is T;
  /** An environment variable's text as a value. A text that is none stays as it is, and `accepts` refuses it. */
  readonly fromText: (text: string) => unknown;
  /** Brings a value that is right into the one form that readers rely on. */
  readonly tidy?: (value: T) => T;
  /** Why this very value is wrong, where `takes` alone would leave a person guessing. Must not quote secrets. */
  readonly hint?: (value: unknown) => string | undefined;
  /** A wrong value is not repeated in messages: something secret may stand inside. */
  readonly unquotable?: boolean;
}

export interface SettingOptions<T> {
  /** What the setting is for: one sentence for the table of docs/configuration.md. */
  readonly about: string;
  /** A variable without the `MIRA_` name that hosts customarily set; the `MIRA_` one wins. */
  readonly customary?: string;
  /** `true`: never shown. A function: the value without its secret part. */
  readonly secret?: true | ((value: NonNullable<T>) => string);
  /** The default in words, where it depends on other settings. `null` in the file then asks for it. */
  readonly derivedDefault?: string;
}

/** What is known of a setting once its type is no longer of interest. */
export interface SettingEntry {
  readonly about: string;
  readonly takes: string;
  readonly customary: string | undefined;
  readonly derivedDefault: string | undefined;
  readonly secret: boolean;
  /** Whether a wrong value may be repeated to the person who gave it. */
  readonly quotable: boolean;
  fromText(text: string): unknown;
  /** The value as it may be shown to anyone. */
  show(value: unknown): unknown;
}

export type ConfigClass = new () => object;

type Entry = { kind: 'setting'; setting: SettingEntry } | { kind: 'section'; section: ConfigClass };

const entriesOfClass = new Map<unknown, Map<string, Entry>>();

/**
 * Declares a property to be a setting: what it takes, where else it may be set, and what to tell people of it.
 * The compiler sees to it that the property's type and the kind's are the same, null included.
 */
export function Setting<T>(kind: SettingKind<T>, options: SettingOptions<T>) {
  return <K extends string, C extends { readonly [P in K]: T }>(
    target: C,
    key: K & ([T] extends [C[K]] ? unknown : never),
  ): void => {
    entriesOf(target.constructor).set(key, { kind: 'setting', setting: entryFor(kind, options) });

    const { tidy } = kind;
    if (tidy) Transform(({ value }: { value: unknown }) => (kind.accepts(value) ? tidy(value) : value))(target, key);

    const validate = (value: unknown): boolean => kind.accepts(value);
    ValidateBy({
      name: 'setting',
      validator: { validate, defaultMessage: (args) => requirement(kind, args?.value) },
    })(target, key);
  };
}

/** Declares a property to be a group of settings, an object in the JSON file. */
export function Section(section: ConfigClass) {
  return (target: object, key: string): void => {
    entriesOf(target.constructor).set(key, { kind: 'section', section });
    Type(() => section)(target, key);
    ValidateNested()(target, key);
  };
}

/** The settings and sections of a configuration class, in the order in which they are written. */
export function entriesOf(configClass: unknown): Map<string, Entry> {
  const known = entriesOfClass.get(configClass) ?? new Map<string, Entry>();
  entriesOfClass.set(configClass, known);
  return known;
}

function entryFor<T>(kind: SettingKind<T>, options: SettingOptions<T>): SettingEntry {
  const { secret } = options;
  return {
    about: options.about,
    takes: options.derivedDefault === undefined ? kind.takes : `${kind.takes}, or null for the default`,
    customary: options.customary,
    derivedDefault: options.derivedDefault,
    secret: secret !== undefined,
    quotable: secret === undefined && kind.unquotable !== true,
    fromText: kind.fromText,
    show(value) {
      if (secret === undefined) return value;
      if (value === null || value === undefined) return '(not set)';
      return secret !== true && kind.accepts(value) && value !== null && value !== undefined
        ? secret(value)
        : '(hidden)';
    },
  };
}

function requirement<T>(kind: SettingKind<T>, value: unknown): string {
  const hint = kind.hint?.(value);
  return `it must be ${kind.takes}${hint === undefined ? '' : `; ${hint}`}`;
}

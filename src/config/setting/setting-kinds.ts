import { isIP } from 'node:net';
import { isMasterKey } from '../master-key';
import { isTokenKey } from '../token-key';
import { isDatabaseUrl } from './database-url';
import { readNetwork } from './network';
import type { SettingKind } from './setting.decorator';

/** Networks or a number of proxies from which `X-Forwarded-For` is believed; false for none. */
export type TrustProxy = false | number | readonly string[];

export function flag(): SettingKind<boolean> {
  return { takes: 'true or false', accepts: (value) => typeof value === 'boolean', fromText: flagFromText };
}

/** A protection that has a name in the file but no off: the reason is told to whoever tries. */
export function alwaysOn(reason: string): SettingKind<boolean> {
  return {
    takes: 'true',
    accepts: (value): value is boolean => value === true,
    fromText: flagFromText,
    hint: () => reason,
  };
}

export function wholeNumber(least: number, most: number): SettingKind<number> {
  return {
    takes: `a whole number from ${least} to ${most}`,
    accepts: (value): value is number => Number.isSafeInteger(value) && isWithin(value, least, most),
    fromText: numberFromText,
  };
}

export function decimal(least: number, most: number): SettingKind<number> {
  return {
    takes: `a number from ${least} to ${most}`,
    accepts: (value): value is number => isWithin(value, least, most),
    fromText: numberFromText,
  };
}

export function decimalList(least: number, most: number, longest: number): SettingKind<readonly number[]> {
  return {
    takes: `a list of 1 to ${longest} numbers from ${least} to ${most}`,
    accepts: (value): value is number[] =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= longest &&
      value.every((item) => isWithin(item, least, most)),
    fromText: (text) => listFromText(text).map(numberFromText),
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): SettingKind<T> {
  return {
    takes: `one of ${choices.join(', ')}`,
    accepts: (value): value is T => choices.some((choice) => choice === value),
    fromText: (text) => text,
  };
}

/** Text with at least one character that can be seen. */
export function text(longest: number): SettingKind<string> {
  return textKind(`text of 1 to ${longest} characters, not blank`, (value) => {
    return value.trim() !== '' && value.length <= longest && !value.includes('\0');
  });
}

/** What fits behind `Authorization: Bearer`. */
export function token(): SettingKind<string> {
  return textKind('visible ASCII characters without blanks', (value) => /^[\x21-\x7e]+$/.test(value));
}

/** A name without blanks around it, as people type it when they sign in. */
export function name(longest: number): SettingKind<string> {
  return textKind(`1 to ${longest} characters without control characters or blanks around them`, (value) => {
    return value.length <= longest && value === value.trim() && /^\P{Cc}+$/u.test(value);
  });
}

/** Where to listen. */
export function hostName(): SettingKind<string> {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  const named = new RegExp(`^(${label}\\.)*(?=[a-z0-9-]*[a-z])${label}$`, 'i');
  return textKind('an IP address (0.0.0.0, ::, 127.0.0.1) or host name, without a port', (value) => {
    return isIP(value) !== 0 || (named.test(value) && value.length <= 253);
  });
}

/** An address to put in front of paths; it is kept without slashes at its end. */
export function httpUrl(): SettingKind<string> {
  return {
    ...textKind('an http or https URL without user, password, query or fragment', isBareHttpUrl),
    tidy: (value) => value.replace(/\/+$/, ''),
    unquotable: true,
  };
}

export function databaseUrl(): SettingKind<string> {
  return {
    ...textKind('a URL that starts with postgres:// or postgresql://', isDatabaseUrl),
    hint: () =>
      'special characters in its user and password must be percent-encoded (@ is %40, / is %2F), several hosts stand with ' +
      'commas between them, and target_session_attrs, if given, is read-write, primary or any',
  };
}

export function masterKey(): SettingKind<string> {
  return {
    ...textKind('32 bytes as base64 (44 characters) or as 64 hex digits', isMasterKey),
    hint: () => '`openssl rand -base64 32` makes one',
  };
}

/** Keys to sign with, each with its id in front. */
export function tokenKeys(): SettingKind<readonly string[]> {
  return {
    takes:
      'a list of 1 to 16 keys, each an id, a colon, and at least 32 bytes as base64 (in the environment: with commas)',
    accepts: (value): value is string[] =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= 16 &&
      value.every((item) => typeof item === 'string' && isTokenKey(item)) &&
      new Set(value.map((item: string) => item.split(':')[0])).size === value.length,
    fromText: listFromText,
    hint: () => '`openssl rand -base64 32` makes a key; no two may have the same id',
  };
}

/** Networks as CIDR; a single address becomes the network that holds only it. */
export function networkList(): SettingKind<readonly string[]> {
  return {
    takes: 'a list of networks or addresses, such as 10.0.0.0/8 or fd00::/8 (in the environment: with commas, or none)',
    accepts: isNetworkList,
    fromText: (value) => (value === 'none' ? [] : listFromText(value)),
    tidy: asNetworks,
    hint: firstThatIsNoNetwork,
  };
}

export function trustProxy(): SettingKind<TrustProxy> {
  return {
    takes: 'false, the number of proxies in front (up to 100), or a list of their networks or addresses',
    accepts: (value): value is TrustProxy =>
      value === false ||
      (Number.isSafeInteger(value) && isWithin(value, 0, 100)) ||
      (isNetworkList(value) && value.length > 0),
    fromText: (value) => {
      const asFlag = value === 'true' || value === 'false' ? flagFromText(value) : numberFromText(value);
      return asFlag === value ? listFromText(value) : asFlag;
    },
    tidy: (value) => {
      if (typeof value === 'object') return asNetworks(value);
      return value === 0 ? false : value;
    },
    hint: (value) =>
      value === true
        ? 'true would believe anyone who sends X-Forwarded-For, and with it escape the rate limit'
        : firstThatIsNoNetwork(value),
  };
}

/** The same, or null for "not set". The environment says that with an empty variable. */
export function optional<T>(kind: SettingKind<T>): SettingKind<T | null> {
  const { tidy } = kind;
  return {
    ...kind,
    takes: `${kind.takes}, or null`,
    accepts: (value): value is T | null => value === null || kind.accepts(value),
    tidy: (value) => (value === null || tidy === undefined ? value : tidy(value)),
  };
}

function textKind(takes: string, isRight: (value: string) => boolean): SettingKind<string> {
  return {
    takes,
    accepts: (value): value is string => typeof value === 'string' && isRight(value),
    fromText: (value) => value,
  };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

function flagFromText(text: string): unknown {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  return text;
}

function numberFromText(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function listFromText(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function isBareHttpUrl(value: string): boolean {
  if (!/^https?:\/\/[^/]/.test(value) || /[\s?#]/.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

function isNetworkList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && readNetwork(item) !== undefined);
}

function asNetworks(items: readonly string[]): readonly string[] {
  return items.map((item) => readNetwork(item) ?? item);
}

function firstThatIsNoNetwork(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: unknown[] = value;
  const index = items.findIndex((item) => typeof item !== 'string' || readNetwork(item) === undefined);
  return index === -1 ? undefined : `item ${index + 1} is no network`;
}

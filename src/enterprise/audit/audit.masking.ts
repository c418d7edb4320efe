/** What stands where a secret was. */
export const HIDDEN = '[hidden]';

/** Names of fields that hold secrets, in snake case: what they end in. */
const SECRET_NAME = /(^|_)(secret|password|passphrase|token|credential|authorization|cookie|salt)s?(_hash)?$/;
const KEY_NAME = /(^|_)(api|secret|private|signing|master|access|encryption)_key$|^key$|(^|_)key_hash$/;
/** What secrets look like, whatever they are called: Mira's own keys, Standard Webhooks', JWTs, hashes of passwords. */
const SECRET_TEXT =
  /^(mira_\w{20}|whs(ec|k)_|sk_live_|xox[a-z]-|gh[a-z]_\w{20}|\$argon2|\$2[aby]\$|eyJ[\w-]+\.[\w-]+\.)/;
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]+@/i;
const DEEPEST = 16;

/**
 * A value ready to be told of: what is secret is hidden, by the name of its field and by what it is. Nothing that is
 * handed to the trail should hold secrets; this is for what somebody forgets.
 */
export function masked(value: unknown, field = '', depth = 0): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (isSecretName(field)) return HIDDEN;
  if (typeof value === 'string') return maskedText(value);
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return undefined;
  if (value instanceof Date) return value.toISOString();
  // Bytes are keys, hashes and ciphertexts.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || depth >= DEEPEST) return HIDDEN;
  if (value instanceof Map || value instanceof Set) return HIDDEN;
  if (Array.isArray(value)) return value.map((one: unknown) => masked(one, field, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => [storable(name), masked(one, name, depth + 1)]),
  );
}

/** A text that the database can take out of a JSON document: without NUL and halves of surrogate pairs. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function isSecretName(field: string): boolean {
  const name = field
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  return SECRET_NAME.test(name) || KEY_NAME.test(name);
}

function maskedText(text: string): string {
  if (SECRET_TEXT.test(text)) return HIDDEN;
  return storable(text.replace(USER_INFO, `$1${HIDDEN}@`));
}

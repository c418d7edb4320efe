import { TextDecoder } from 'node:util';
import { parseJson } from './json';
import { malformed, parsed, quoted, type ParsedPayload } from './payload';
import { decoderOf } from './text';

const MAX_FIELDS = 1000;

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/**
 * An HTML form's fields. GitHub and others can post JSON inside a form with the single field `payload`; then that
 * JSON is the value. Unlike a browser's reader, this one refuses broken escapes instead of guessing.
 */
export function parseForm(body: Buffer, charset: string = 'utf-8'): ParsedPayload {
  const decoder = decoderOf(charset);
  if (!(decoder instanceof TextDecoder)) return decoder;

  const fields = new Map<string, string[]>();
  let count = 0;
  for (let start = 0; start < body.length;) {
    const ampersand = body.indexOf(AMPERSAND, start);
    const end = ampersand === -1 ? body.length : ampersand;
    const field = body.subarray(start, end);
    start = end + 1;
    if (field.length === 0) continue;
    if (++count > MAX_FIELDS) return malformed(`The form has more than ${MAX_FIELDS} fields.`);

    const equals = field.indexOf(EQUALS);
    const name = decodeComponent(equals === -1 ? field : field.subarray(0, equals), decoder);
    const value = decodeComponent(equals === -1 ? field.subarray(field.length) : field.subarray(equals + 1), decoder);
    if (name === null || value === null)
      return malformed(`The form holds an escape that is not valid ${quoted(charset)}.`);
    const others = fields.get(name);
    if (others) others.push(value);
    else fields.set(name, [value]);
  }
  return parsed('form', valueOf(fields));
}

function valueOf(fields: ReadonlyMap<string, readonly string[]>): unknown {
  const inner = fields.size === 1 ? fields.get('payload') : undefined;
  if (inner?.length === 1 && inner[0]?.startsWith('{')) {
    const json = parseJson(Buffer.from(inner[0]), undefined);
    if (json.kind === 'ok') return json.payload.value;
  }
  // fromEntries defines own properties, so that a field named __proto__ stays a field
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** Undoes `+` and `%XX`, then reads the bytes in the form's charset; null where either fails. */
function decodeComponent(encoded: Buffer, decoder: TextDecoder): string | null {
  const bytes = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    let byte = encoded[at] ?? 0;
    if (byte === PLUS) {
      byte = SPACE;
    } else if (byte === PERCENT) {
      const high = hexDigit(encoded[at + 1]);
      const low = hexDigit(encoded[at + 2]);
      if (high === null || low === null) return null;
      byte = high * 16 + low;
      at += 2;
    }
    bytes[length++] = byte;
  }
  try {
    return decoder.decode(bytes.subarray(0, length));
  } catch {
    return null;
  }
}

function hexDigit(byte: number | undefined): number | null {
  if (byte === undefined) return null;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x41 + 10 : null;
}

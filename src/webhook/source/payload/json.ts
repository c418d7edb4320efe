import { isAscii, isUtf8 } from 'node:buffer';
import { malformed, parsed, quoted, unsupported, type ParsedPayload } from './payload';

/** Far more than any sender nests, and far less than what makes a recursive reader of the value overflow its stack. */
const MAX_DEPTH = 128;

const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** JSON as RFC 8259 has it between systems: UTF-8, any value at the top, with or without a byte order mark. */
export function parseJson(body: Buffer, charset: string | undefined): ParsedPayload {
  if (charset !== undefined && !CHARSETS.has(charset)) {
    return unsupported(`JSON is taken in UTF-8 only, not in the charset ${quoted(charset)}.`);
  }
  if (body.length === 0) return malformed('The body is empty; an empty body is not JSON.');
  if (!isUtf8(body)) return malformed('The body is not valid UTF-8.');
  if (charset === 'us-ascii' && !isAscii(body)) return malformed('The body is not valid us-ascii.');
  if (isNestedTooDeep(body)) return malformed(`The JSON is nested deeper than ${MAX_DEPTH} levels.`);
  try {
    const text = body.toString('utf8');
    const value: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    return parsed('json', value);
  } catch {
    return malformed('The body is not valid JSON.');
  }
}

/**
 * Counts open containers over the bytes, before anything recursive sees them. In UTF-8 no byte of a longer character
 * equals an ASCII one, so text needs no decoding; brackets inside strings are passed over.
 */
function isNestedTooDeep(body: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
    }
  }
  return false;
}

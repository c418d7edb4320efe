const SHAPE = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{43,344}={0,2}|[A-Za-z0-9_-]{43,344})$/;
/** HS256 asks for a key of at least the length of its hash (RFC 7518, 3.2). */
const LEAST_BYTES = 32;

/** Whether a text is a key with its id in front, `2026-11:` and at least 32 bytes as base64. */
export function isTokenKey(text: string): boolean {
  const [, , key = ''] = SHAPE.exec(text) ?? [];
  return Buffer.from(key, 'base64').length >= LEAST_BYTES;
}

/** @throws Error for any other text; the message does not repeat it */
export function decodeTokenKey(text: string): { id: string; secret: Buffer } {
  const [, id = '', key = ''] = SHAPE.exec(text) ?? [];
  if (!isTokenKey(text)) throw new Error('A token key must be an id, a colon, and at least 32 bytes as base64.');
  return { id, secret: Buffer.from(key, 'base64') };
}

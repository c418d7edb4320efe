const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/]{43}=?$/;
const BASE64URL = /^[A-Za-z0-9_-]{43}=?$/;

/** Whether a text is a master key: 32 bytes as base64 (also of the URL-safe kind) or as 64 hex digits. */
export function isMasterKey(text: string): boolean {
  return HEX.test(text) || BASE64.test(text) || BASE64URL.test(text);
}

/**
 * The 32 bytes of a master key.
 * @throws Error for any other text; the message does not repeat it
 */
export function decodeMasterKey(text: string): Buffer {
  if (!isMasterKey(text)) throw new Error('A master key must be 32 bytes as base64 or as 64 hex digits.');
  return Buffer.from(text, HEX.test(text) ? 'hex' : 'base64');
}

import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

/**
 * A kind of credential that says nothing by itself: a prefix, 32 random base62 characters, 6 of their CRC-32. Secret
 * scanners recognise it, and a mistyped one is told from an unknown one without asking the database.
 */
export class OpaqueCredential {
  private readonly shape: RegExp;

  constructor(private readonly prefix: string) {
    this.shape = new RegExp(`^${prefix}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);
  }

  generate(): string {
    const random = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
    return `${this.prefix}${random}${checksum(random)}`;
  }

  isShape(text: string): boolean {
    if (!this.shape.test(text)) return false;
    const random = text.slice(this.prefix.length, this.prefix.length + RANDOM_LENGTH);
    return text.endsWith(checksum(random));
  }
}

/** SHA-256, which is all that is stored: with 190 random bits a slow hash would protect nothing more. */
export function hashCredential(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function checksum(random: string): string {
  let rest = crc32(random);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET.charAt(rest % ALPHABET.length) + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

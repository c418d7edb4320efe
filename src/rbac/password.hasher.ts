import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Turns } from './turns';

/** OWASP's parameters for Argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
/** Each hash holds 19 MiB and a thread of libuv's pool; more at once would starve the rest of the process. */
const MAX_CONCURRENT = 2;
/** About a second's work. Whoever comes beyond is told to come again, before the wait outlasts their patience. */
const MAX_WAITING = 40;

/** Of Mira's first release: SHA-256 of the salt's text and the password, or of the password alone. */
const LEGACY = /^(?:([^:$]{1,128}):)?([0-9a-f]{64})$/i;

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const CURRENT = { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES };
const NOBODYS_SALT = Buffer.alloc(SALT_BYTES);

/** Hashes passwords with Argon2id (RFC 9106) into PHC strings, a few at a time. */
@Injectable()
export class PasswordHasher {
  private readonly turns = new Turns(MAX_CONCURRENT, MAX_WAITING, tooMany);

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const tag = await this.derive(password, salt, CURRENT);
    return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(salt)}$${unpadded(tag)}`;
  }

  /**
   * False for a wrong password and for a hash that is not one of these, or null. Always does the work of one hash, so
   * that the time says nothing of what there was to compare with.
   *
   * @throws Problem `service-unavailable` where too many wait already
   */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const [, memory, passes, parallelism, salt, tag] = PHC.exec(hash ?? '') ?? [];
    if (!memory || !passes || !parallelism || !salt || !tag) {
      await this.derive(password, NOBODYS_SALT, CURRENT);
      return isLegacyHashOf(password, hash ?? '');
    }
    const expected = Buffer.from(tag, 'base64');
    const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
    const actual = await this.derive(password, Buffer.from(salt, 'base64'), parameters, expected.length);
    return timingSafeEqual(actual, expected);
  }

  /** Whether a hash should be replaced the next time that its password is at hand. */
  isOutdated(hash: string): boolean {
    return !hash.startsWith(`$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$`);
  }

  private async derive(
    password: string,
    salt: Buffer,
    parameters: { memory: number; passes: number; parallelism: number },
    tagLength = TAG_BYTES,
  ): Promise<Buffer> {
    const message = password.normalize('NFKC');
    return this.turns.during(
      () =>
        new Promise<Buffer>((done, fail) => {
          argon2('argon2id', { message, nonce: salt, tagLength, ...parameters }, (error, tag) =>
            error ? fail(error) : done(tag),
          );
        }),
    );
  }
}

function tooMany() {
  return problems.serviceUnavailable('Too many are signing in just now.', 2);
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function isLegacyHashOf(password: string, hash: string): boolean {
  const [, salt = '', hex] = LEGACY.exec(hash) ?? [];
  if (!hex) return false;
  const actual = createHash('sha256')
    .update(salt + password)
    .digest();
  return timingSafeEqual(actual, Buffer.from(hex, 'hex'));
}

import { Injectable } from '@nestjs/common';
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** OWASP's parameters for Argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
/** Each hash holds 19 MiB and a thread of libuv's pool; more at once would starve the rest of the process. */
const MAX_CONCURRENT = 2;

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Hashes passwords with Argon2id (RFC 9106) into PHC strings, a few at a time. */
@Injectable()
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const tag = await this.derive(password, salt, { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES });
    return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(salt)}$${unpadded(tag)}`;
  }

  /** False for a wrong password and for a hash that is not one of these. */
  async verify(password: string, hash: string): Promise<boolean> {
    const [, memory, passes, parallelism, salt, tag] = PHC.exec(hash) ?? [];
    if (!memory || !passes || !parallelism || !salt || !tag) return false;
    const expected = Buffer.from(tag, 'base64');
    const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
    const actual = await this.derive(password, Buffer.from(salt, 'base64'), parameters, expected.length);
    return timingSafeEqual(actual, expected);
  }

  private async derive(
    password: string,
    salt: Buffer,
    parameters: { memory: number; passes: number; parallelism: number },
    tagLength = TAG_BYTES,
  ): Promise<Buffer> {
    await this.takeTurn();
    try {
      return await new Promise<Buffer>((done, fail) => {
        argon2(
          'argon2id',
          { message: password.normalize('NFKC'), nonce: salt, tagLength, ...parameters },
          (error, tag) => (error ? fail(error) : done(tag)),
        );
      });
    } finally {
      this.passTurn();
    }
  }

  private async takeTurn(): Promise<void> {
    if (this.running < MAX_CONCURRENT) this.running++;
    else await new Promise<void>((turn) => this.waiting.push(turn));
  }

  private passTurn(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running--;
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

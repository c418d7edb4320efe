import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretCipher } from '../../database/secret.cipher';
import type { ChainPlace } from './audit.chain';

/** A seal says how far a chain had come; a floor, up to where retention has taken it away. */
export type CheckpointKind = 'seal' | 'floor';

export interface Checkpoint extends ChainPlace {
  readonly kind: CheckpointKind;
  readonly signed_at: Date;
  readonly signature: Buffer;
}

/**
 * Each entry whose number is a multiple of this is sealed in its own transaction, so that ten entries cannot be taken
 * away from the end without a seal that tells of them; others are sealed within the upkeep's time.
 */
export const SEAL_EVERY = 10;
/** A seal that must be there: chains were once sealed so seldom, and what was written then is as good as it was. */
export const REQUIRED_SEAL_EVERY = 100;

/** Signs places of chains with a key that the database does not know (HMAC-SHA256). */
export class CheckpointSigner {
  /** @param key 32 bytes, derived from the master key */
  constructor(private readonly key: Buffer) {}

  sign(tenantId: string, kind: CheckpointKind, { seq, hash }: ChainPlace, signedAt: Date): Checkpoint {
    return { kind, seq, hash, signed_at: signedAt, signature: this.mac(tenantId, kind, seq, hash, signedAt) };
  }

  isGenuine(tenantId: string, { kind, seq, hash, signed_at: signedAt, signature }: Checkpoint): boolean {
    const expected = this.mac(tenantId, kind, seq, hash, signedAt);
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }

  private mac(tenantId: string, kind: CheckpointKind, seq: number, hash: Buffer, signedAt: Date): Buffer {
    const text = ['1', kind, tenantId, seq, hash.toString('hex'), signedAt.getTime()].join('\n');
    return createHmac('sha256', this.key).update(text).digest();
  }
}

/** With a key of its own, which tells nothing of the master key. */
export function signerOf(cipher: SecretCipher): CheckpointSigner {
  return new CheckpointSigner(cipher.derivedKey('audit checkpoints'));
}

import { MiraConfig } from '../../config/mira.config';
import { decodeTokenKey } from '../../config/token-key';
import { SecretCipher } from '../../database/secret.cipher';

/** The DI token of the keys that access tokens are signed with: at least one, the one that signs first. */
export const ACCESS_TOKEN_KEYS = Symbol('ACCESS_TOKEN_KEYS');

export interface AccessTokenKey {
  /** Stands in each token's header, as `kid`. */
  readonly id: string;
  readonly secret: Buffer;
}

/** Those of `auth.jwt_keys`; where there are none, one that all processes with the same master key derive alike. */
export function accessTokenKeys(config: MiraConfig, cipher: SecretCipher): readonly AccessTokenKey[] {
  const given = config.auth.jwt_keys;
  if (given !== null) return given.map(decodeTokenKey);
  return [{ id: 'master', secret: cipher.derivedKey('access tokens') }];
}

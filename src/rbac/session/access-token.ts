import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { isUUID } from 'class-validator';
import { ACCESS_TOKEN_KEYS, type AccessTokenKey } from './access-token.keys';

/** How long an access token is good, in seconds. */
export const ACCESS_TOKEN_SECONDS = 900;

const ALGORITHM = 'HS256';
const ISSUER = 'mira';
const AUDIENCE = 'mira-api';
/** RFC 9068, 2.1: no other JWT that the same key might come to sign passes for an access token. */
const TYPE = 'at+jwt';
/** How far the clocks of two processes may be apart, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_LENGTH = 2_048;
const SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** What an access token says. Neither role nor permissions: they are looked up, so that they can change. */
export interface AccessClaims {
  readonly tenantId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly expiresAtMs: number;
}

/** Whether a text could be an access token, which is a signed JWT (RFC 7519). */
export function isAccessTokenShape(text: string): boolean {
  return text.length <= MAX_LENGTH && SHAPE.test(text);
}

/** Signs access tokens and verifies them: one algorithm, one issuer, one audience, one type, keys known by their id. */
@Injectable()
export class AccessTokens {
  private readonly jwt = new JwtService();

  /** The first key signs; all of them verify, so that a new one can be put in front of an old one. */
  constructor(@Inject(ACCESS_TOKEN_KEYS) private readonly keys: readonly [AccessTokenKey, ...AccessTokenKey[]]) {}

  sign({ tenantId, userId, sessionId }: Omit<AccessClaims, 'expiresAtMs'>, now: Date): string {
    const [{ id, secret }] = this.keys;
    const iat = Math.floor(now.getTime() / 1_000);
    return this.jwt.sign(
      { tid: tenantId, sid: sessionId, iat },
      {
        secret,
        algorithm: ALGORITHM,
        header: { alg: ALGORITHM, typ: TYPE, kid: id },
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: userId,
        notBefore: 0,
        expiresIn: ACCESS_TOKEN_SECONDS,
      },
    );
  }

  /** What a token of our own says; null for any other, and for one whose time has not come or is over. */
  verify(token: string, now: Date): AccessClaims | null {
    const secret = this.keyOf(token);
    if (!secret) return null;
    try {
      return claimsIn(
        this.jwt.verify<Record<string, unknown>>(token, {
          secret,
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: AUDIENCE,
          clockTimestamp: Math.floor(now.getTime() / 1_000),
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
        }),
      );
    } catch {
      return null;
    }
  }

  /** The key that a token names, if it is of our type. Nothing of it is believed yet. */
  private keyOf(token: string): Buffer | undefined {
    const decoded: { header: { typ?: unknown; kid?: unknown } } | null = this.jwt.decode(token, { complete: true });
    if (decoded?.header.typ !== TYPE) return undefined;
    const { kid } = decoded.header;
    return this.keys.find(({ id }) => id === kid)?.secret;
  }
}

function claimsIn({ tid, sub, sid, exp }: Record<string, unknown>): AccessClaims | null {
  if (!isUUID(tid) || !isUUID(sub) || !isUUID(sid) || typeof exp !== 'number') return null;
  return { tenantId: String(tid), userId: String(sub), sessionId: String(sid), expiresAtMs: exp * 1_000 };
}

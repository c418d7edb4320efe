import { createHmac } from 'node:crypto';
import { ACCESS_TOKEN_KEYS, type AccessTokenKey } from '../../../src/rbac/session/access-token.keys';
import type { TestMira } from '../mira';
import type { Caller } from './world';

type Part = Readonly<Record<string, unknown>>;

/** What a token made by hand says in place of what Mira's own would; undefined leaves a part out. */
export interface Forgery {
  readonly header?: Part;
  readonly claims?: Part;
  readonly algorithm?: 'sha256' | 'sha384' | 'sha512' | 'none';
  readonly secret?: Buffer;
}

/** Makes a token as Mira does, with Mira's own key, but for what is asked to be otherwise. */
export function forgedToken(mira: TestMira, caller: Caller, forgery: Forgery = {}): string {
  const [ownKey] = mira.mira.app.get<AccessTokenKey[]>(ACCESS_TOKEN_KEYS);
  const { header, claims, algorithm = 'sha256', secret = ownKey?.secret } = forgery;
  const [ownHeader = '', ownClaims = ''] = caller.token.split('.');
  const head = encoded({ ...decoded(ownHeader), ...header });
  const body = encoded({ ...decoded(ownClaims), ...claims });
  if (algorithm === 'none') return `${head}.${body}.`;
  if (!secret) throw new Error('Mira has no key to sign with');
  return `${head}.${body}.${createHmac(algorithm, secret).update(`${head}.${body}`).digest('base64url')}`;
}

/** A good token of which one part was changed after it was signed. */
export function tampered(token: string, part: 'header' | 'claims' | 'signature', change: Part = {}): string {
  const [header = '', claims = '', signature = ''] = token.split('.');
  switch (part) {
    case 'header':
      return `${encoded({ ...decoded(header), ...change })}.${claims}.${signature}`;
    case 'claims':
      return `${header}.${encoded({ ...decoded(claims), ...change })}.${signature}`;
    case 'signature':
      return `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  }
}

function encoded(part: Part): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function decoded(part: string): Part {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

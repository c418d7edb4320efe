import { generateApiKey } from '../../../src/rbac/api-key/api-key.format';
import { AccessTokens } from '../../../src/rbac/session/access-token';
import { type Forgery, forgedToken, tampered } from './forged-token';
import type { Caller, Oddities, World } from './world';

type Headers = Readonly<Record<string, string>>;

const HOUR_S = 3_600;

/** What opens nothing, each with how it is made for somebody who could do everything if it were good. */
export const BAD_CREDENTIALS: Readonly<Record<string, (world: World) => Headers | Promise<Headers>>> = {
  'no credential': () => ({}),
  'an empty key': () => key(''),
  'a key that is none': () => key('nonsense'),
  'a key that was never made': () => key(generateApiKey()),
  'a bearer token that is none': () => bearer('nonsense'),
  'another scheme': () => ({ authorization: 'Basic YWRtaW46YWRtaW4=' }),
  'a cookie': (world) => ({ cookie: `session=${world.own.people.admin.token}` }),
  'a key in a header of another name': (world) => ({ 'x-apikey': world.own.people.admin.apiKey }),

  "a deactivated user's key": async (world) => key((await odd(world, { active: false })).apiKey),
  "a deactivated user's token": async (world) => bearer((await odd(world, { active: false })).token),
  "the key of a deactivated tenant's user": async (world) => key((await shutOut(world)).apiKey),
  "the token of a deactivated tenant's user": async (world) => bearer((await shutOut(world)).token),
  "a deleted user's token": async (world) => bearer((await deleted(world, 'users')).token),
  'an expired key': async (world) => key((await odd(world, { keyEnds: '-1 s' })).apiKey),
  'a revoked key': async (world) => key((await odd(world, { keyRevoked: '-1 s' })).apiKey),
  'a deleted key': async (world) => key((await deleted(world, 'api_keys')).apiKey),
  'a rotated-out key': async (world) => key((await odd(world, { keyRotatedUntil: '-1 s' })).apiKey),

  'a token with another header': (world) => bearer(tampered(adminToken(world), 'header', { kid: 'other' })),
  'a token with a longer life': (world) => bearer(tampered(adminToken(world), 'claims', { exp: inSeconds(HOUR_S) })),
  "a token with somebody else's id": (world) =>
    bearer(tampered(world.own.people.viewer.token, 'claims', { sub: world.own.people.admin.userId })),
  'a token with another signature': (world) => bearer(tampered(adminToken(world), 'signature')),
  'an expired token': (world) => forged(world, { claims: { iat: inSeconds(-HOUR_S), exp: inSeconds(-60) } }),
  'a token that expired, as Mira signs them': (world) =>
    bearer(world.mira.mira.app.get(AccessTokens).sign(claimsOf(world), new Date(Date.now() - HOUR_S * 1_000))),
  'a token that never expires': (world) => forged(world, { claims: { exp: undefined } }),
  'a token of tomorrow': (world) => forged(world, { claims: { nbf: inSeconds(HOUR_S), exp: inSeconds(2 * HOUR_S) } }),
  'a token without an algorithm': (world) => forged(world, { header: { alg: 'none' }, algorithm: 'none' }),
  'a token that says none and is signed': (world) => forged(world, { header: { alg: 'none' } }),
  'a token by a foreign key': (world) => forged(world, { secret: Buffer.alloc(32, 9) }),
  'a token by an empty key': (world) => forged(world, { secret: Buffer.alloc(0) }),
  'a token by a key nobody knows': (world) => forged(world, { header: { kid: 'unknown' } }),
  'a token without the id of its key': (world) => forged(world, { header: { kid: undefined } }),
  'a token by the wrong algorithm': (world) => forged(world, { header: { alg: 'HS512' }, algorithm: 'sha512' }),
  'a token by an algorithm it does not name': (world) => forged(world, { algorithm: 'sha384' }),
  'a token of another issuer': (world) => forged(world, { claims: { iss: 'other' } }),
  'a token for another audience': (world) => forged(world, { claims: { aud: 'other' } }),
  'a token of another type': (world) => forged(world, { header: { typ: 'JWT' } }),
  'a token without a session': (world) => forged(world, { claims: { sid: undefined } }),
  "a token with somebody else's session": (world) =>
    forged(world, { claims: { sid: world.own.people.manager.sessionId } }),
  "a token with another tenant's id": (world) => forged(world, { claims: { tid: world.other.tenantId } }),
  'a token of an ended session': async (world) => bearer((await odd(world, { sessionEnded: '-1 s' })).token),
  'a token of a session that is gone': async (world) => bearer((await deleted(world, 'sessions')).token),
  'a refresh token': (world) => bearer(world.own.people.admin.refreshToken),
  'a refresh token as a key': (world) => key(world.own.people.admin.refreshToken),
};

/** Near to the bad ones, and good: if one of these were refused, the refusal of the others would prove nothing. */
export const GOOD_CREDENTIALS: Readonly<Record<string, (world: World) => Headers | Promise<Headers>>> = {
  'a key': (world) => key(world.own.people.admin.apiKey),
  'a key as a bearer token': (world) => bearer(world.own.people.admin.apiKey),
  'a bearer token in other letters': (world) => ({ authorization: `bEARER  ${adminToken(world)}` }),
  'a token made by hand': (world) => forged(world, {}),
  'a key that has not come to its end': async (world) => key((await odd(world, { keyEnds: '1 h' })).apiKey),
  'a rotated-out key in its grace': async (world) => key((await odd(world, { keyRotatedUntil: '1 h' })).apiKey),
  'a key for these networks': async (world) => key((await odd(world, { networks: ['127.0.0.0/8', '::1/128'] })).apiKey),
};

/** Known, but not good from here. */
export async function farKey(world: World): Promise<Headers> {
  return key((await odd(world, { networks: ['192.0.2.0/24', '2001:db8::/32'] })).apiKey);
}

export function key(value: string): Headers {
  return { 'x-api-key': value };
}

export function bearer(value: string): Headers {
  return { authorization: `Bearer ${value}` };
}

function odd(world: World, oddities: Oddities): Promise<Caller> {
  return world.caller(world.own.tenantId, 'admin', world.own.mark, oddities);
}

async function shutOut(world: World): Promise<Caller> {
  return world.caller(await world.tenant('shut', false), 'admin', 'shut');
}

async function deleted(world: World, table: 'users' | 'api_keys' | 'sessions'): Promise<Caller> {
  const caller = await odd(world, {});
  await world.mira.sql(`DELETE FROM ${table} WHERE ${table === 'users' ? 'id' : 'user_id'} = $1`, [caller.userId]);
  return caller;
}

function adminToken(world: World): string {
  return world.own.people.admin.token;
}

function claimsOf(world: World) {
  const { tenantId, userId, sessionId } = world.own.people.admin;
  return { tenantId, userId, sessionId };
}

function forged(world: World, forgery: Forgery): Headers {
  return bearer(forgedToken(world.mira, world.own.people.admin, forgery));
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

import type { Role } from '@mira/access';
import { newId } from '../../src/database/new-id';
import { generateApiKey, hashApiKey } from '../../src/rbac/api-key/api-key.format';
import { PasswordHasher } from '../../src/rbac/password.hasher';
import type { Answer, TestMira } from './mira';

export const PASSWORD = 'correct horse battery staple';

/** Somebody with a password and an API key. */
export interface Person {
  readonly tenantId: string;
  readonly userId: string;
  readonly username: string;
  readonly apiKey: string;
}

/** Somebody with an API key alone. */
export interface KeyHolder {
  readonly userId: string;
  readonly apiKey: string;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

const hasher = new PasswordHasher();

/** Adds a person to a tenant, or to the default one. */
export async function aPerson(
  mira: TestMira,
  role: Role,
  { tenantId, passwordHash }: { tenantId?: string; passwordHash?: string } = {},
): Promise<Person> {
  const [row] = await mira.sql('SELECT id FROM tenants WHERE is_default');
  const person = {
    tenantId: tenantId ?? String(row?.['id']),
    userId: newId(),
    username: `${role}-${newId()}`,
    apiKey: generateApiKey(),
  };
  await mira.sql('INSERT INTO users (tenant_id, id, username, role, password_hash) VALUES ($1, $2, $3, $4, $5)', [
    person.tenantId,
    person.userId,
    person.username,
    role,
    passwordHash ?? (await hasher.hash(PASSWORD)),
  ]);
  await mira.sql(`INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash) VALUES ($1, $2, $3, 'a key', $4)`, [
    person.tenantId,
    newId(),
    person.userId,
    hashApiKey(person.apiKey),
  ]);
  return person;
}

export function signIn(mira: TestMira, username: string, password = PASSWORD): Promise<Answer> {
  return mira.post('/api/v1/auth/login', { username, password }, { apiKey: null });
}

export function refresh(mira: TestMira, refreshToken: string): Promise<Answer> {
  return mira.post('/api/v1/auth/refresh', { refresh_token: refreshToken }, { apiKey: null });
}

export function tokensIn({ status, json }: Answer): Tokens {
  if (status !== 200) throw new Error(`no tokens but ${status}: ${JSON.stringify(json)}`);
  return { access: String(json['access_token']), refresh: String(json['refresh_token']) };
}

export async function signedIn(mira: TestMira, person: Pick<Person, 'username'>): Promise<Tokens> {
  return tokensIn(await signIn(mira, person.username));
}

/** What a call has to carry to be made with this credential. */
export function bearer(credential: string): { apiKey: null; headers: Record<string, string> } {
  return { apiKey: null, headers: { authorization: `Bearer ${credential}` } };
}

/** Somebody in a tenant that there is, with an API key, narrowed where permissions are given. */
export async function addPerson(
  mira: TestMira,
  tenantId: string,
  role: string,
  permissions: readonly string[] | null = null,
): Promise<KeyHolder> {
  const [userId, apiKey] = [newId(), generateApiKey()];
  await mira.sql('INSERT INTO users (tenant_id, id, username, role) VALUES ($1, $2, $3, $4)', [
    tenantId,
    userId,
    `${role}-${userId}`,
    role,
  ]);
  await mira.sql(
    `INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash, permissions) VALUES ($1, $2, $3, 'a key', $4, $5)`,
    [tenantId, newId(), userId, hashApiKey(apiKey), permissions],
  );
  return { userId, apiKey };
}

/** JSON to a management route. */
export async function request(mira: TestMira, method: string, path: string, body?: unknown, apiKey?: string) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  return mira.call(method, `/api/v1/${path}`, text, { headers, ...(apiKey === undefined ? {} : { apiKey }) });
}

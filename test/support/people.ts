import { newId } from '../../src/database/new-id';
import { generateApiKey, hashApiKey } from '../../src/rbac/api-key.format';
import type { TestMira } from './mira';

export interface Person {
  readonly userId: string;
  readonly apiKey: string;
}

/** Somebody in a tenant that there is, with an API key, narrowed where permissions are given. */
export async function addPerson(
  mira: TestMira,
  tenantId: string,
  role: string,
  permissions: readonly string[] | null = null,
): Promise<Person> {
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

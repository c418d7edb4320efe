import { isUUID } from 'class-validator';
import type { IncomingHttpHeaders } from 'node:http';

/** What this needs to know of a request. */
export interface TenantRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: object;
  readonly route?: { readonly path?: string };
  readonly id?: unknown;
}

export type RequestedTenant =
  | { readonly kind: 'own' }
  | { readonly kind: 'named'; readonly tenantId: string }
  | { readonly kind: 'malformed'; readonly detail: string };

const HEADER = 'x-tenant-id';
const PARAMETER = 'tenant_id';

/**
 * Which tenant a request names, in the header `X-Tenant-Id` or as `tenant_id` in its query. The parameter is taken out
 * of the query: it is for the guard, and routes refuse parameters that are not their own.
 */
export function requestedTenant(request: TenantRequest): RequestedTenant {
  const inHeader = request.headers[HEADER];
  const named: unknown[] = inHeader === undefined ? [] : [inHeader];
  if (PARAMETER in request.query) {
    const { [PARAMETER]: inQuery, ...others }: Record<string, unknown> = { ...request.query };
    named.push(inQuery);
    Object.defineProperty(request, 'query', { value: others, configurable: true, enumerable: true });
  }
  if (named.length === 0) return { kind: 'own' };
  if (!named.every((id) => typeof id === 'string' && isUUID(id))) {
    return { kind: 'malformed', detail: 'The tenant in X-Tenant-Id or tenant_id must be one id.' };
  }
  const [tenantId = '', ...more] = named.map((id) => String(id).toLowerCase());
  if (more.some((id) => id !== tenantId)) {
    return { kind: 'malformed', detail: 'X-Tenant-Id and tenant_id name two tenants.' };
  }
  return { kind: 'named', tenantId };
}

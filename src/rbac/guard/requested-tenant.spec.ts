import { requestedTenant, type TenantRequest } from './requested-tenant';

const one = '0198c0de-0000-7000-8000-000000000001';
const other = '0198c0de-0000-7000-8000-000000000002';

function aRequest(header: string | undefined, query: object = {}): TenantRequest {
  return { method: 'GET', path: '/', headers: header === undefined ? {} : { 'x-tenant-id': header }, query };
}

describe('requestedTenant', () => {
  it("is the caller's own where the request names none", () => {
    expect(requestedTenant(aRequest(undefined, { limit: '5' }))).toEqual({ kind: 'own' });
  });

  it('is named by the header, by the query, or by both alike, in any case', () => {
    for (const request of [
      aRequest(one),
      aRequest(one.toUpperCase()),
      aRequest(undefined, { tenant_id: one }),
      aRequest(one, { tenant_id: one }),
    ]) {
      expect(requestedTenant(request)).toEqual({ kind: 'named', tenantId: one });
    }
  });

  it.each([
    ['', {}],
    ['nonsense', {}],
    [`${one}, ${other}`, {}],
    [undefined, { tenant_id: '' }],
    [undefined, { tenant_id: [one, one] }],
    [undefined, { tenant_id: { $ne: one } }],
    [one, { tenant_id: other }],
    [one, { tenant_id: 'nonsense' }],
  ])('is malformed as header %j with query %j', (header, query) => {
    expect(requestedTenant(aRequest(header, query))).toMatchObject({ kind: 'malformed' });
  });

  it('is taken out of the query, and nothing else is', () => {
    const request = aRequest(undefined, { tenant_id: one, limit: '5' });
    requestedTenant(request);
    expect(request.query).toEqual({ limit: '5' });
  });
});

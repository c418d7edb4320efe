import { withoutTenantConditions } from './tenant-conditions';

describe('withoutTenantConditions', () => {
  it.each([
    ['SELECT * FROM routes WHERE tenant_id = $1 AND id = $2', '($1::uuid IS NOT NULL) AND id = $2'],
    [
      '… WHERE (("Route"."tenant_id" = $1) AND ("Route"."id" = $2))',
      '((($1::uuid IS NOT NULL)) AND ("Route"."id" = $2))',
    ],
    ['DELETE FROM "routes" WHERE "tenant_id" = $1 AND "id" = $2', '($1::uuid IS NOT NULL) AND "id" = $2'],
    ['UPDATE x SET a = $1 WHERE e.tenant_id = $12', '($12::uuid IS NOT NULL)'],
    ['SELECT * FROM "tenants" "Tenant" WHERE "Tenant"."id" = $1', '($1::uuid IS NOT NULL)'],
  ])('of %s leaves %s', (text, rest) => {
    expect(withoutTenantConditions(text)).toBe(`${text.split('WHERE ')[0]}WHERE ${rest}`);
  });

  it.each([
    'INSERT INTO routes (tenant_id, id) VALUES ($1, $2)',
    'SELECT FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id WHERE u.id = $1',
    'SELECT FROM routes WHERE id = $1',
  ])('leaves %s as it is', (text) => {
    expect(withoutTenantConditions(text)).toBe(text);
  });
});

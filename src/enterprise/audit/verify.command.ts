import { isUUID } from 'class-validator';
import type { DataSource } from 'typeorm';
import type { DatabaseTarget } from '../../database/database-target';
import type { SecretCipher } from '../../database/secret.cipher';
import { TenantDatabase } from '../../database/tenant.database';
import { type ExitCode, onDatabase, type Output, runAsProcess } from '../../database/command';
import { signerOf } from './audit.checkpoint';
import { AuditRepository } from './audit.repository';
import { AuditVerifier, type Verification } from './audit.verifier';

const USAGE = `Usage: npm run -s audit:verify -- [tenant id]

  Verifies the audit trail of that tenant, or of all. Ends with 0 where all are as they were written, with 1 where
  one is not, and names the first entry of each that is not. Ends with 2 where it could not look.
`;

/** Looks at one tenant's trail, or at all that there are; false where one is broken. */
export async function verifyTrails(
  dataSource: DataSource,
  cipher: SecretCipher,
  only: string | undefined,
  { out }: Pick<Output, 'out'>,
  target?: Pick<DatabaseTarget, 'isDistributed'>,
): Promise<boolean> {
  const database = new TenantDatabase(dataSource, undefined, target);
  const verifier = new AuditVerifier(database, new AuditRepository(), signerOf(cipher));
  const tenants = only === undefined ? await tenantsWithTrails(dataSource) : [only];
  let valid = true;
  for (const tenantId of tenants) {
    const verification = await verifier.verify(tenantId);
    out(lineOf(tenantId, verification));
    valid &&= verification.firstBroken === null;
  }
  if (tenants.length === 0) out('There is no audit trail yet.');
  return valid;
}

/** Also those that have lost a table's rows: whatever is left of a trail tells that there was one. */
async function tenantsWithTrails(dataSource: DataSource): Promise<string[]> {
  const rows: { tenant_id: string }[] = await dataSource.query(
    `SELECT tenant_id FROM audit_heads UNION SELECT tenant_id FROM audit_checkpoints
     UNION SELECT tenant_id FROM audit_logs ORDER BY 1`,
  );
  return rows.map(({ tenant_id: tenantId }) => tenantId);
}

function lineOf(tenantId: string, { entries, firstBroken, checkpoint }: Verification): string {
  const sealed = checkpoint
    ? `sealed up to ${checkpoint.seq} at ${checkpoint.signed_at.toISOString()}`
    : 'not sealed yet';
  if (firstBroken === null) return `${tenantId}  valid   ${entries} entries, ${sealed}`;
  const { seq, id, reason } = firstBroken;
  return `${tenantId}  BROKEN  at entry ${seq} (${id ?? 'which is gone'}): ${reason}; ${entries} before it are valid, ${sealed}`;
}

export async function verifyCommand(args: readonly string[], { out, err }: Output): Promise<ExitCode> {
  const [only, ...rest] = args;
  if (rest.length > 0 || (only !== undefined && !isUUID(only))) {
    err(USAGE);
    return 2;
  }
  return onDatabase({ err }, async (dataSource, cipher, target) =>
    (await verifyTrails(dataSource, cipher, only?.toLowerCase(), { out }, target)) ? 0 : 1,
  );
}

if (require.main === module) runAsProcess(verifyCommand);

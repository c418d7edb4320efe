import { isUUID } from 'class-validator';
import { parseArgs } from 'node:util';
import { loadProcessConfig } from '../../config/process-config';
import { type ExitCode, onDatabase, type Output, runAsProcess } from '../../database/command';
import { readLedger } from './ledger.reader';
import { ledgerText } from './ledger.text';

const USAGE = `Usage: npm run -s reconcile -- [--tenant ID] [--json]

  Checks the books of that tenant, or of all, by what the database says alone: what was received, stored, refused,
  routed, attempted and counted must agree. Prints a ledger for each tenant, and every gap. Ends with 0 where there is
  none, with 1 where there is one, with 2 where it could not look.
`;

interface Wanted {
  readonly only: string | null;
  readonly json: boolean;
}

/** Null where it is not understood. */
function wanted(args: readonly string[]): Wanted | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { tenant: { type: 'string' }, json: { type: 'boolean' } },
    });
    const { tenant = null, json = false } = values;
    if (tenant !== null && !isUUID(tenant)) return null;
    return { only: tenant?.toLowerCase() ?? null, json };
  } catch {
    return null;
  }
}

export async function reconcileCommand(args: readonly string[], { out, err }: Output): Promise<ExitCode> {
  const asked = wanted(args);
  if (asked === null) {
    err(USAGE);
    return 2;
  }
  return onDatabase({ err }, async (dataSource) => {
    const withIntegrations = loadProcessConfig().enterprise.usage_tracking;
    const ledger = await readLedger(dataSource, { only: asked.only, withIntegrations });
    if (asked.only !== null && ledger.tenants.length === 0) {
      err(`There is no tenant ${asked.only}.`);
      return 2;
    }
    out(asked.json ? JSON.stringify(ledger) : ledgerText(ledger));
    return ledger.gaps.length === 0 ? 0 : 1;
  });
}

if (require.main === module) runAsProcess(reconcileCommand);

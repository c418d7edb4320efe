import { isUUID } from 'class-validator';
import { type ExitCode, onDatabase, type Output, runAsProcess } from '../../database/command';
import { signerOf } from './audit.checkpoint';
import { AuditKeeper } from './audit.keeper';
import { AuditRepository } from './audit.repository';

const USAGE = `Usage: npm run -s audit:erase -- <tenant id> <user id>

  Erases who a user was from the tenant's audit trail: names, e-mail addresses, network addresses, user agents. What
  was done, and the user's id, stay, and the trail stays valid. It cannot be taken back.
`;

/** On the command line alone: it is for whoever answers for the data, and not for a role of the tenant. */
export async function eraseCommand(args: readonly string[], { out, err }: Output): Promise<ExitCode> {
  const [tenantId, userId, ...rest] = args;
  if (!isUUID(tenantId) || !isUUID(userId) || tenantId === undefined || userId === undefined || rest.length > 0) {
    err(USAGE);
    return 2;
  }
  return onDatabase({ err }, async (dataSource, cipher) => {
    const keeper = new AuditKeeper(dataSource, new AuditRepository(), signerOf(cipher));
    out(`Erased from ${await keeper.erase(tenantId, userId.toLowerCase())} entries.`);
    return 0;
  });
}

if (require.main === module) runAsProcess(eraseCommand);

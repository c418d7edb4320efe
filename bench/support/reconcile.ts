import { type CommandPlace, runCommand } from './command.ts';

/** As `npm run reconcile -- --json` prints it; what is told of here, and no more. */
export interface ReconciledLedger {
  readonly tenants: readonly {
    readonly tenant_id: string;
    readonly name: string | null;
    readonly received: number;
    readonly stored: number;
    readonly refused: number;
    readonly routed: number;
    readonly deliveries: number;
    readonly attempts: number;
    readonly workflows: number;
  }[];
  readonly gaps: readonly {
    readonly tenant_id: string;
    readonly check: string;
    readonly message: string;
    readonly expected: number;
    readonly found: number;
    readonly of: readonly string[];
  }[];
}

/** Has the program check its own books. Throws where it could not look. */
export async function reconcile(place: CommandPlace): Promise<ReconciledLedger> {
  const { exitCode, stdout, stderr } = await runCommand('webhook/ledger/reconcile', ['--json'], place);
  if (exitCode > 1) throw new Error(`reconcile could not look: ${stderr}`);
  const ledger = JSON.parse(stdout) as ReconciledLedger;
  if (ledger.gaps.length > 0 !== (exitCode === 1)) throw new Error(`reconcile ended with ${exitCode}: ${stdout}`);
  return ledger;
}

/** A line for each tenant, without what nobody did anything in. */
export function printLedger({ tenants }: ReconciledLedger): void {
  console.table(
    Object.fromEntries(
      tenants
        .filter(({ received, stored, deliveries }) => received + stored + deliveries > 0)
        .map(({ tenant_id: id, name, received, stored, refused, routed, deliveries, attempts, workflows }) => [
          `${name ?? 'no such tenant'} ${id.slice(-6)}`,
          { received, stored, refused, routed, deliveries, attempts, workflows },
        ]),
    ),
  );
}

export function gapsOf({ gaps }: ReconciledLedger): string[] {
  return gaps.map(
    ({ tenant_id: tenantId, check, message, expected, found, of }) =>
      `${tenantId}: ${check}: ${message}; ${expected} expected, ${found} found (${of.join(', ')})`,
  );
}

import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy';

export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Finds the addresses of a name, as `dns.promises.lookup(hostname, { all: true })` does. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** A host that leads to no address that may be reached. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/**
 * Makes undici's connections, only to addresses that the policy allows.
 *
 * A name is resolved once, here, and the socket is given the addresses that passed: no second answer of the DNS can
 * slip in between. IP addresses never get to a lookup, so they are judged before; and since this is what everything
 * rests on, the address that a socket has really reached is judged once more.
 */
export function guardedConnector(
  policy: AddressPolicy,
  { connectTimeoutMs, resolve = systemResolve }: { connectTimeoutMs: number; resolve?: Resolve },
): buildConnector.connector {
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup(policy, resolve) });
  return (options, callback) => {
    if (isIP(options.hostname) !== 0) {
      const verdict = policy.judge(options.hostname);
      if (!verdict.allowed) {
        const refused = new AddressRefused(`${options.hostname} must not be reached: it is ${verdict.what}.`);
        return queueMicrotask(() => callback(refused, null));
      }
    }
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      const reached = socket.remoteAddress;
      if (reached !== undefined && policy.allows(reached)) return callback(null, socket);
      socket.destroy();
      callback(reached === undefined ? closedAtOnce() : refusedName(options.hostname), null);
    });
  };
}

function guardedLookup(policy: AddressPolicy, resolve: Resolve): LookupFunction {
  const lookUp = callbackify(allowedAddresses);
  return (hostname, options, callback) => {
    lookUp(policy, resolve, hostname, (error, addresses) => {
      if (error) callback(error, []);
      else if (options.all) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });
  };
}

async function allowedAddresses(
  policy: AddressPolicy,
  resolve: Resolve,
  hostname: string,
): Promise<[ResolvedAddress, ...ResolvedAddress[]]> {
  const found = await resolve(hostname);
  const [first, ...others] = found.filter(({ address }) => policy.allows(address));
  if (first) return [first, ...others];
  const verdict = found[0] && policy.judge(found[0].address);
  throw refusedName(hostname, verdict && !verdict.allowed ? verdict.what : undefined);
}

/** Does not say which address it was: inside a company's network that would tell a tenant about it. */
function refusedName(hostname: string, what = 'one that must not be reached'): AddressRefused {
  return new AddressRefused(`${hostname} leads to no address that may be reached: it is ${what}.`);
}

function closedAtOnce(): Error {
  return Object.assign(new Error('The connection was closed as soon as it was made.'), { code: 'ECONNRESET' });
}

import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

/**
 * A client's address in its one spelling, for a rate limit's key: what a trusted proxy said of it where that is an
 * address, else that of the connection. Proxies pass on names, ports and whatever was sent to them, and a key that a
 * stranger may choose would be a new bucket for each request.
 */
export function clientAddress(told: string | undefined, connected: string | undefined): string {
  return canonical(told) ?? canonical(connected) ?? 'unknown';
}

/** A zone (`%eth0`) is left out: it means something on one machine only, and may be of any length. */
function canonical(address: string | undefined): string | null {
  const [plain = ''] = address?.split('%', 1) ?? [];
  return isIP(plain) === 0 ? null : ipaddr.process(plain).toString();
}

import { isIP } from 'node:net';

/**
 * Reads a network, or a single address as the network that holds only it: `10.0.0.0/8`, `::1` -> `::1/128`.
 * Undefined for anything else. Zones (`fe80::1%eth0`) are refused, since they mean something on one machine only.
 */
export function readNetwork(text: string): string | undefined {
  const [, address = '', prefix] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return undefined;
  const widest = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? widest : Number(prefix);
  return bits <= widest ? `${address}/${bits}` : undefined;
}

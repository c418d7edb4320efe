import { isIP } from 'node:net';
import type { AddressPolicy } from './address-policy';

/** A URL that no request may go to. The message is a sentence for whoever gave it. */
export class InvalidUrl extends Error {
  override readonly name = 'InvalidUrl';
}

/**
 * Parses a URL that a tenant gave, as the WHATWG URL standard does, and refuses what can never be sent to: other
 * schemes than http and https, credentials, a fragment. Store and show the `href` of what it returns: there the host
 * is in its plain form, whatever the spelling was (`http://0x7f.1` is `http://127.0.0.1/`).
 *
 * With a policy it refuses hosts that are forbidden IP addresses too, so that such a mistake is told early. That is a
 * courtesy: names are only judged when a connection is made.
 *
 * @throws InvalidUrl
 */
export function checkUrl(text: string, policy?: AddressPolicy): URL {
  const url = URL.parse(text);
  if (!url) throw new InvalidUrl('The URL must be absolute, like https://n8n.example.com/webhook/orders.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new InvalidUrl('The URL must begin with https:// or http://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidUrl('The URL must not contain a user name or a password.');
  }
  if (text.includes('#')) throw new InvalidUrl('The URL must not contain a fragment (#).');
  const address = literalAddress(url);
  const verdict = address !== undefined && policy ? policy.judge(address) : undefined;
  if (verdict && !verdict.allowed) {
    throw new InvalidUrl(`The URL's host must not be ${verdict.what}.`);
  }
  return url;
}

/** The host of a URL if it is an IP address, without the brackets of IPv6. */
function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? undefined : host;
}

import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from './principal';

/** What a credential came to. `detail` is for the client and says nothing of whose credential it is. */
export type Authentication =
  | { readonly kind: 'authenticated'; readonly principal: Principal }
  | { readonly kind: 'anonymous' }
  /** Unknown, expired, or taken back. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Good, but not to be used from this address. */
  | { readonly kind: 'misplaced'; readonly detail: string };

/**
 * Tells who stands behind a request's credential headers. The seam for features that decide for themselves
 * whether they ask, such as an address that takes an API key or a signature.
 */
export abstract class Authenticator {
  /**
   * Answers at once where it remembers the credential, and with a promise where it has to ask.
   *
   * @param address where the request comes from, as far as proxies are believed; undefined where nobody knows
   */
  abstract authenticate(
    headers: IncomingHttpHeaders,
    address: string | undefined,
  ): Authentication | Promise<Authentication>;
}

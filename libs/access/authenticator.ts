import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from './principal';

/** What a credential came to. `refused.detail` is for the client and says nothing of whose credential it is. */
export type Authentication =
  | { readonly kind: 'authenticated'; readonly principal: Principal }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused'; readonly detail: string };

/**
 * Tells who stands behind a request's credential headers. The seam for features that decide for themselves
 * whether they ask, such as an address that takes an API key or a signature.
 */
export abstract class Authenticator {
  abstract authenticate(headers: IncomingHttpHeaders): Promise<Authentication>;
}

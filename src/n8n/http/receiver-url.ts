import { type AddressPolicy, checkUrl, InvalidUrl } from '@mira/outbound';

const MAX_LENGTH = 2_048;

/** The address of a receiver in its one spelling, or what is wrong with the text that should be one. */
export type ReceiverUrl =
  | { readonly kind: 'ok'; readonly url: string; readonly origin: string }
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * Reads the address that deliveries are to be posted to: http or https, with whatever path and query it has. The
 * policy refuses forbidden IP addresses early; names are judged whenever they are connected to.
 */
export function readReceiverUrl(text: string, policy: AddressPolicy): ReceiverUrl {
  if (text.length > MAX_LENGTH) return { kind: 'invalid', message: `must have at most ${MAX_LENGTH} characters` };
  try {
    const { href, origin } = checkUrl(text, policy);
    return { kind: 'ok', url: href, origin };
  } catch (error) {
    if (error instanceof InvalidUrl) return { kind: 'invalid', message: error.message };
    throw error;
  }
}

import { type AddressPolicy, checkUrl, InvalidUrl } from '@mira/outbound';

const MAX_LENGTH = 2_048;

/** The address of an n8n in its one spelling, or what is wrong with the text that should be one. */
export type BaseUrl =
  | { readonly kind: 'ok'; readonly baseUrl: string; readonly origin: string }
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * Reads the address that somebody gives for their n8n: http or https, with a path where it lives below one.
 * The policy refuses forbidden IP addresses early; names are judged whenever they are connected to.
 */
export function readBaseUrl(text: string, policy: AddressPolicy): BaseUrl {
  if (text.length > MAX_LENGTH) return { kind: 'invalid', message: `must have at most ${MAX_LENGTH} characters` };
  try {
    const url = checkUrl(text, policy);
    if (text.includes('?')) return { kind: 'invalid', message: 'The URL must not contain a query (?).' };
    return { kind: 'ok', baseUrl: url.origin + url.pathname.replace(/\/+$/, ''), origin: url.origin };
  } catch (error) {
    if (error instanceof InvalidUrl) return { kind: 'invalid', message: error.message };
    throw error;
  }
}

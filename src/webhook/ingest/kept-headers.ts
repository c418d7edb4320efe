import type { IncomingHttpHeaders } from 'node:http';

/** Credentials are used up at the door and never stored. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-auth-token',
  'x-gitlab-token',
  'x-hub-signature',
  'x-n8n-api-key',
]);

/**
 * A sender's headers as they are kept with its event, repeated ones joined: all but the credentials and `proofHeaders`.
 * Who may read an event must not be able to send it again in its sender's name.
 */
export function keptHeaders(headers: IncomingHttpHeaders, proofHeaders: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || proofHeaders.includes(name) || CREDENTIALS.has(name)) continue;
    kept[name] = (Array.isArray(value) ? value.join(', ') : value).toWellFormed();
  }
  return kept;
}

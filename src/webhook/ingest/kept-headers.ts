import type { IncomingHttpHeaders } from 'node:http';

/** Credentials are used up at the door and never stored. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-gitlab-token',
]);

/** A sender's headers as they are kept with its event: all but the credentials, repeated ones joined. */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || CREDENTIALS.has(name)) continue;
    kept[name] = (Array.isArray(value) ? value.join(', ') : value).toWellFormed();
  }
  return kept;
}

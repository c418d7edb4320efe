import type { IncomingHttpHeaders } from 'node:http';

/** What a source sees of a request: the headers as node hands them over (lower-case) and the bytes as they came. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * One header's text, or undefined where it is absent or empty. Reads own properties only: a name may come from an
 * endpoint's configuration, and `constructor` is no header.
 */
export function headerOf(request: ReceivedRequest, lowerCaseName: string): string | undefined {
  if (!Object.hasOwn(request.headers, lowerCaseName)) return undefined;
  const value = request.headers[lowerCaseName];
  return (Array.isArray(value) ? value.join(', ') : value) || undefined;
}

import type { IncomingHttpHeaders } from 'node:http';

/** From where a request came, and what it is called in the log. Facts for those who look back; they prove nothing. */
export interface Origin {
  /** As far as proxies are believed. */
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

/** What is looked at of a request; express has all of it. */
interface OriginRequest {
  readonly ip?: string;
  readonly headers?: IncomingHttpHeaders;
  readonly id?: unknown;
}

/** A client writes what it likes there. */
const LONGEST_USER_AGENT = 512;

export function originOf({ ip, headers, id }: OriginRequest): Origin {
  return {
    address: ip ?? null,
    userAgent: headers?.['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null,
    requestId: typeof id === 'string' ? id : null,
  };
}

/** A request to an address that a tenant gave. */
export interface OutboundRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string | URL;
  /** Fields that belong to the connection (`host`, `content-length`, `transfer-encoding` …) are set here, not by you. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Milliseconds for everything together: waiting for a connection, making it, headers and body. */
  readonly timeoutMs: number;
  /** How much of the answer's body to keep, in bytes; 4096 if not given. */
  readonly maxBodyBytes?: number;
  /** Ends the request early: `send` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * What became of a request. None of these is an error of this program. `durationMs` is in whole milliseconds;
 * `status` beside a failure is that of an answer that had begun, and null if none had; `detail` is a sentence.
 */
export type OutboundResult =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Names in lower case; several fields of one name are joined with ", ". */
      readonly headers: Record<string, string>;
      /** The first `maxBodyBytes` bytes, as they came: nothing is decompressed. */
      readonly body: Buffer;
      /** Whether there was more of it. */
      readonly truncated: boolean;
      readonly durationMs: number;
    }
  /** Nothing was sent: the URL or the address that it leads to is not allowed. */
  | { readonly kind: 'refused_address'; readonly detail: string; readonly durationMs: number }
  | { readonly kind: 'timeout'; readonly detail: string; readonly status: number | null; readonly durationMs: number }
  /** No whole answer: DNS, TCP, TLS or HTTP failed, and `code` says how (`ECONNREFUSED`, `HPE_INVALID_RESPONSE` …). */
  | {
      readonly kind: 'connection_failed';
      readonly code: string;
      readonly detail: string;
      readonly status: number | null;
      readonly durationMs: number;
    };

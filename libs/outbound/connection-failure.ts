/** How a connection failed: a stable code, and a sentence for whoever owns the address. */
export interface ConnectionFailure {
  readonly code: string;
  readonly detail: string;
}

/** Sentences for the usual codes of Node's dns, net and tls, and of undici; they name no internal address. */
const SENTENCES: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'The name could not be resolved for now.',
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was reset.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ENOTFOUND: 'The name does not exist.',
  EPIPE: 'The connection was closed while the request was sent.',
  ETIMEDOUT: 'The connection timed out.',
  CERT_HAS_EXPIRED: 'The certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is self-signed.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate comes from an authority that is not trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate cannot be verified.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another name.',
  TOO_MANY_INTERIM_ANSWERS: 'The server sent interim answers (1xx) without end.',
  UND_ERR_CONNECT_TIMEOUT: 'The connection was not made in time.',
  UND_ERR_HEADERS_OVERFLOW: 'The headers of the answer are too large.',
  UND_ERR_INVALID_ARG: 'The request cannot be written as HTTP.',
  UND_ERR_SOCKET: 'The connection was closed before the answer was complete.',
};

/** Names an error of undici, Node's network layer or OpenSSL. Anything else is `UNKNOWN`. */
export function connectionFailure(error: unknown): ConnectionFailure {
  const code = codeOf(error) ?? 'UNKNOWN';
  return { code, detail: SENTENCES[code] ?? sentenceFor(code) };
}

function sentenceFor(code: string): string {
  if (code.startsWith('HPE_')) return 'The answer is not HTTP.';
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.includes('CERT')) {
    return 'The secure connection could not be made.';
  }
  return 'The connection failed.';
}

/** The error's own code, or that of what caused it: several addresses that failed come as one error with many. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Undici's parser does not always say what it disliked.
  if ('name' in error && error.name === 'HTTPParserError') return 'HPE_INVALID_RESPONSE';
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
  return 'cause' in error ? codeOf(error.cause) : undefined;
}

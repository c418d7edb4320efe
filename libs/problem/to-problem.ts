import { HttpException } from '@nestjs/common';
import type { ProblemCode } from './catalogue';
import { Problem } from './problem';
import { problems } from './problems';

/** Recognises errors that a library cannot know, e.g. a database that is away. Null: not one of mine. */
export type ProblemClassifier = (error: unknown) => Problem | null;

/** What body-parser and raw-body put into `type` (documented in body-parser's README, "Errors"). */
const BODY_ERRORS: Readonly<Record<string, ProblemCode>> = {
  'charset.unsupported': 'unsupported-media-type',
  'encoding.unsupported': 'unsupported-media-type',
  'entity.parse.failed': 'malformed-body',
  'entity.too.large': 'payload-too-large',
  'parameters.too.many': 'payload-too-large',
  'querystring.parse.rangeError': 'malformed-body',
  'request.aborted': 'bad-request',
  'request.size.invalid': 'malformed-body',
};

/** What Nest says when a guard returns false. */
const GUARD_REFUSED = 'Forbidden resource';

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  408: 'request-timeout',
  409: 'conflict',
  412: 'precondition-failed',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  417: 'expectation-failed',
  429: 'rate-limit-exceeded',
  431: 'headers-too-large',
  503: 'service-unavailable',
};

/**
 * Turns whatever was thrown into the problem to answer. What nobody recognises becomes a bare `internal` with
 * the error as its cause.
 *
 * @param classify asked first for anything that is no Problem yet
 */
export function toProblem(error: unknown, classify: ProblemClassifier = () => null): Problem {
  if (error instanceof Problem) return error;
  return classify(error) ?? fromBodyParser(error) ?? fromHttpError(error) ?? problems.internal(error);
}

/** Nest wraps the parsers' errors, so the original may be the cause. Their messages quote the body: not used. */
function fromBodyParser(error: unknown): Problem | null {
  for (const candidate of [error, causeOf(error)]) {
    const code = BODY_ERRORS[textOf(candidate, 'type') ?? ''];
    if (code) return new Problem(code, { cause: error });
    // zlib's own errors, when a body is not compressed as its Content-Encoding says
    if (textOf(candidate, 'code')?.match(/^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT|ZSTD_)/)) {
      return new Problem('malformed-body', { detail: 'The body is not encoded as it says.', cause: error });
    }
  }
  return null;
}

/** HttpExceptions of Nest and its modules, and the `http-errors` that Express throws. */
function fromHttpError(error: unknown): Problem | null {
  const status = httpStatusOf(error);
  if (status === null || (status >= 500 && status !== 503)) return null;
  if (status === 401) return new Problem('unauthorized', { headers: problems.unauthorized().headers, cause: error });
  if (status === 503) return problems.serviceUnavailable(undefined, undefined, error);
  return new Problem(BY_STATUS[status] ?? 'bad-request', { detail: detailOf(error, status), cause: error });
}

function httpStatusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || !('statusCode' in error) || !('expose' in error)) return null;
  return typeof error.statusCode === 'number' && error.statusCode >= 400 ? error.statusCode : null;
}

/** Words for the failures that the framework finds by itself; the catalogue's own where there are none. */
function detailOf(error: unknown, status: number): string | undefined {
  if (error instanceof URIError || causeOf(error) instanceof URIError) {
    return 'The address has a percent sign that does not begin the code of a character.';
  }
  if (!(error instanceof HttpException) || error.cause !== undefined) return undefined;
  if (status === 404 && error.message.startsWith('Cannot ')) return 'There is no route for this method and address.';
  const expected = /^Validation failed \((.+)\)$/.exec(error.message)?.[1];
  if (expected) return `A value in the address is wrong: ${expected}.`;
  return error.message === GUARD_REFUSED ? undefined : ownWords(error);
}

/** Nest keeps the status's standard words apart (in `error`) only where the thrower brought words of its own. */
function ownWords(error: HttpException): string | undefined {
  const response = error.getResponse();
  return typeof response === 'object' && 'error' in response ? error.message : undefined;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function textOf(error: unknown, key: 'type' | 'code'): string | undefined {
  if (!(error instanceof Error) || !(key in error)) return undefined;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : undefined;
}

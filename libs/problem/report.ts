import { Logger } from '@nestjs/common';
import type { Problem } from './problem';

/** What the log gets to know of an error. */
export interface ErrorReport {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: ErrorReport;
}

const MAX_CAUSES = 5;
const logger = new Logger('Problem');

/**
 * Logs the failures that are the server's own; a client's mistake is in the request's line already.
 *
 * @param requestId the id that the client was told
 */
export function logProblem(problem: Problem, requestId: string): void {
  if (problem.status < 500) return;
  const err = describeError(problem.cause ?? problem);
  if (problem.code === 'internal') logger.error({ msg: 'unexpected error', request_id: requestId, err });
  else logger.warn({ msg: problem.message, request_id: requestId, reason: err.message, code: err.code });
}

/**
 * Name, message, stack and code, and the same of each cause. Nothing else: drivers and parsers hang the values
 * of a query or a whole body on their errors, and those have no place in a log.
 */
export function describeError(error: unknown, depth = 0): ErrorReport {
  if (!(error instanceof Error)) return { type: typeof error, message: 'something that is no Error was thrown' };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

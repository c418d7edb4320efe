import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerProblem, requestIdOf } from './answer';
import { logProblem } from './report';
import { toProblem, type ProblemClassifier } from './to-problem';

/**
 * The one place where a failure becomes an answer. Registered globally it sees all: what controllers, guards
 * and pipes throw, unknown routes, and the errors of body parsers and other Express middleware.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** @param classify recognises errors that this library cannot know, e.g. a database that is away */
  constructor(private readonly classify?: ProblemClassifier) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerError(error, http.getRequest<IncomingMessage>(), http.getResponse<ServerResponse>(), this.classify);
  }
}

/** An error handler for Express, for requests that never reach Nest's router. Answers as the filter does. */
export function problemErrorMiddleware(classify?: ProblemClassifier) {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request: IncomingMessage, response: ServerResponse, _next: unknown): void =>
    answerError(error, request, response, classify);
}

function answerError(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  classify?: ProblemClassifier,
): void {
  const problem = toProblem(error, classify);
  const requestId = requestIdOf(request);
  logProblem(problem, requestId);
  answerProblem(problem, request, response, requestId);
}

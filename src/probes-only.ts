import { answerProblem, problems } from '@mira/problem';
import type { RequestHandler } from 'express';

const PROBES = /^\/(health|metrics)(\/|$)/i;

/**
 * For a process that only delivers: its probes go on, all else ends here, before a body is read. It names what is
 * open and not what is closed, so that a new route is closed in a worker by itself.
 */
export function probesOnly(): RequestHandler {
  return (request, response, next) => {
    if (PROBES.test(request.path)) return next();
    const detail = 'This process only delivers (role worker); ask one that answers requests (api or all).';
    answerProblem(problems.notFound(detail), request, response);
  };
}

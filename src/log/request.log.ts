import { problemCodeOf } from '@mira/problem';
import type { RequestHandler } from 'express';
import { randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';

/** An id that a proxy may have given the request; anything longer or stranger is replaced. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** Probes come every few seconds and say nothing. */
const QUIET_PATHS: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/metrics', '/metrics/prometheus']);

/** What credentials look like, wherever somebody put one: keys and refresh tokens, and signed tokens. */
const OPAQUE = /(mira_(?:rt_)?)[0-9A-Za-z]{38}/g;
const SIGNED = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** A path without the credentials that somebody put there by mistake. */
export function pathForLog(path: string): string {
  return path.replace(OPAQUE, '$1[hidden]').replace(SIGNED, '[hidden]');
}

/**
 * Gives each request its id and, when it is over, its one line in the log: never a body, a query or a credential.
 * Our own, for pino-http makes a logger for every request, which took an eighth of the time of receiving a webhook.
 */
export function logRequests(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const start = performance.now();
    const { method, path } = request;
    const given = request.headers['x-request-id'];
    const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUIDv7();
    Object.assign(request, { id });
    response.setHeader('X-Request-Id', id);
    if (!QUIET_PATHS.has(path)) {
      response.once('close', () => {
        const status = response.statusCode;
        const line = {
          request_id: id,
          method,
          path: pathForLog(path),
          status,
          problem: problemCodeOf(response),
          duration_ms: Math.round(performance.now() - start),
          // The client went away before it was answered.
          aborted: response.writableFinished ? undefined : true,
        };
        if (status >= 500) logger.error(line, 'request');
        else logger.info(line, 'request');
      });
    }
    next();
  };
}

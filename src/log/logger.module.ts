import { problemCodeOf } from '@mira/problem';
import type { DynamicModule } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoggerModule } from 'nestjs-pino';
import { v7 as uuidv7 } from 'uuid';
import type { MiraConfig } from '../config/mira.config';

/** An id that a proxy may have given the request; anything longer or stranger is replaced. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** Probes come every few seconds and say nothing. */
const QUIET_PATHS: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/metrics', '/metrics/prometheus']);

/** Structured logs, one line a request: ids, status and time, never a body, a query or a credential. */
export function createLoggerModule(config: MiraConfig): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: {
      level: config.log.level,
      genReqId,
      quietReqLogger: true,
      autoLogging: { ignore: ({ url }) => QUIET_PATHS.has(pathOf(url)) },
      customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
      // What is logged as an error is a report already, freed of what a driver hangs on it.
      serializers: { req: () => undefined, res: () => undefined, err: (report: unknown) => report },
      customSuccessMessage: () => 'request',
      customErrorMessage: () => 'request',
      // A failed request's line has no error in it: that has a line of its own, with the same request id.
      customAttributeKeys: { responseTime: 'duration_ms', reqId: 'request_id', err: 'request_error' },
      customSuccessObject: (request, response, line: object) => ({ ...describe(request, response), ...line }),
      // The failure itself has a line of its own, from whoever answered it.
      customErrorObject: (request, response, _error, { request_error: _told, ...line }: { request_error?: unknown }) => ({
        ...describe(request, response),
        ...line,
      }),
    },
  });
}

function genReqId(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : uuidv7();
  response.setHeader('X-Request-Id', id);
  return id;
}

function describe(request: IncomingMessage, response: ServerResponse): object {
  const problem = problemCodeOf(response);
  return {
    method: request.method,
    path: pathOf(request.url),
    status: response.statusCode,
    ...(problem ? { problem } : {}),
  };
}

function pathOf(url: string | undefined): string {
  const text = url ?? '';
  const query = text.indexOf('?');
  return query === -1 ? text : text.slice(0, query);
}

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProblemCode } from './catalogue';
import type { Problem } from './problem';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** Set for the answer that failed, wrong for the problem that takes its place. */
const STALE_HEADERS = [
  'Content-Disposition',
  'Content-Encoding',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Last-Modified',
  'Transfer-Encoding',
];

/** How long the rest of a request that nobody wants is still read, so that the client gets to see the answer. */
export const LINGER_MS = 2_000;

const answered = new WeakMap<object, ProblemCode>();

/** The problem that a response was answered with, for logs and counters; undefined where there was none. */
export function problemCodeOf(response: object): ProblemCode | undefined {
  return answered.get(response);
}

/**
 * The id under which the log knows a request. Whatever gave the request its `id` did so before; where nothing
 * did, one is made, so that the answer and the log line still belong together.
 */
export function requestIdOf(request: object): string {
  const id: unknown = Reflect.get(request, 'id');
  return typeof id === 'string' || typeof id === 'number' ? String(id) : randomUUID();
}

/**
 * Writes a problem as the answer to a request. An answer that is half sent already cannot be taken back: then
 * the connection is cut, so that the client does not take the half for the whole.
 */
export function answerProblem(
  problem: Problem,
  request: IncomingMessage,
  response: ServerResponse,
  requestId = requestIdOf(request),
): void {
  if (response.writableEnded || response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  answered.set(response, problem.code);
  const body = Buffer.from(JSON.stringify(problem.toBody(requestId)));
  for (const name of STALE_HEADERS) response.removeHeader(name);
  response.statusCode = problem.status;
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', PROBLEM_CONTENT_TYPE);
  response.setHeader('Content-Length', body.length);
  if (!request.complete) closeAfterAnswer(request, response);
  response.end(body);
}

/**
 * A body that is refused may still be on its way, and may never end; so the connection ends with its answer. But to
 * close it while bytes are unread would reset it before the client has read why: first only this side is closed, and
 * what comes is thrown away for a moment. `destroySoon` is what node calls when the last answer is out.
 */
function closeAfterAnswer(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  response.setHeader('Connection', 'close');
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
    request.once('end', destroySoon).resume();
  };
}

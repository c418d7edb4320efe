import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { LINGER_MS, PROBLEM_CONTENT_TYPE } from './answer';
import type { ProblemCode } from './catalogue';
import { Problem } from './problem';

/**
 * A whole HTTP/1.1 response as text, for requests that were too broken to become one. The connection is closed
 * after it.
 *
 * @param requestId nothing has given such a request an id yet, so one is made
 */
export function problemResponseText(code: ProblemCode, detail?: string, requestId: string = randomUUID()): string {
  const problem = new Problem(code, { detail });
  const body = JSON.stringify(problem.toBody(requestId));
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** What node:http reports in `clientError`, as a problem; null where nobody is left to read an answer. */
export function clientErrorCode(error: Error): ProblemCode | null {
  const code: unknown = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || code === 'EPIPE') return null;
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'payload-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  return 'bad-request';
}

const answered = new WeakSet<Duplex>();

/**
 * Listener for the `clientError` event of a node:http server: says what was wrong, then closes. What the client
 * still sends is thrown away for a moment, for closing at once would reset the connection before it has read why.
 */
export function answerClientError(error: Error, socket: Duplex): void {
  // Each further chunk of the same broken request is reported once more.
  if (answered.has(socket)) return;
  const code = clientErrorCode(error);
  if (code === null || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  answered.add(socket);
  socket.end(problemResponseText(code));
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

/** An answer that has begun must not get a second one in its middle. Node keeps it here, under no public name. */
function isAnswering(socket: Duplex): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage');
  return typeof response === 'object' && response !== null && Reflect.get(response, 'headersSent') === true;
}

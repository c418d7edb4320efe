import { problems } from '@mira/problem';
import type { Request, RequestHandler } from 'express';

const NOTHING = Buffer.alloc(0);

/**
 * Keeps the bytes of a webhook as they came, whatever they claim to be, up to `maxBytes`; one more is answered 413
 * at once, while the sender may still be sending (body-parser would first wait for the end, and there may be none).
 * Compressed bodies are not opened: a sender signs the bytes it sends, and those are what is proved and kept.
 */
export function keepRawBody(maxBytes: number): RequestHandler {
  const tooLarge = `A body may have ${maxBytes} bytes at the most.`;
  return (request, _response, next) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      next(problems.payloadTooLarge(tooLarge));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (error?: Error): void => {
      request.off('data', onData).off('end', onEnd).off('aborted', onAborted).off('error', finish);
      if (!error) request.body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
      next(error);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxBytes) finish(problems.payloadTooLarge(tooLarge));
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish();
    const onAborted = (): void =>
      finish(problems.badRequest('The connection was closed before the body was complete.'));
    request.on('data', onData).on('end', onEnd).on('aborted', onAborted).on('error', finish);
  };
}

/** The bytes of a request that went through {@link keepRawBody}; none for a request without a body. */
export function rawBodyOf(request: Request<object>): Buffer {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : NOTHING;
}

import { type Problem, problems } from '@mira/problem';
import type { Request, RequestHandler } from 'express';

const NOTHING = Buffer.alloc(0);

/** What is wrong with a body that could not be kept, for whoever asks for it. */
const refusals = new WeakMap<object, Problem>();

/**
 * Keeps the bytes of a webhook as they came, whatever they claim to be, up to `maxBytes`; one more is answered 413
 * at once, while the sender may still be sending (body-parser would first wait for the end, and there may be none).
 * Compressed bodies are not opened: a sender signs the bytes it sends, and those are what is proved and kept.
 * What is refused is thrown by {@link rawBodyOf} and not here, where its sender is not known yet.
 */
export function keepRawBody(maxBytes: number): RequestHandler {
  const tooLarge = `A body may have ${maxBytes} bytes at the most.`;
  return (request, _response, next) => {
    const refuse = (problem: Problem): void => {
      refusals.set(request, problem);
      request.pause();
      next();
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      refuse(problems.payloadTooLarge(tooLarge));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('aborted', onBroken).off('error', onBroken);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      stop();
      refuse(problems.payloadTooLarge(tooLarge));
    };
    const onEnd = (): void => {
      stop();
      request.body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
      next();
    };
    const onBroken = (): void => {
      stop();
      refuse(problems.badRequest('The connection was closed before the body was complete.'));
    };
    request.on('data', onData).on('end', onEnd).on('aborted', onBroken).on('error', onBroken);
  };
}

/**
 * The bytes of a request that went through {@link keepRawBody}; none for a request without a body.
 * @throws Problem `payload-too-large`, or `bad-request` for a body that broke off
 */
export function rawBodyOf(request: Request<object>): Buffer {
  const refusal = refusals.get(request);
  if (refusal) throw refusal;
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : NOTHING;
}

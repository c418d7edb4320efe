import { type Problem, problems } from '@mira/problem';
import type { Request, RequestHandler } from 'express';
import type { BodyBudget } from './body.budget';

const NOTHING: Buffer = Buffer.alloc(0);
/** By then others are through, or were cut off for being slow. */
const RETRY_AFTER_SECONDS = 5;

/** What is wrong with a body that could not be kept, for whoever asks for it. */
const refusals = new WeakMap<object, Problem>();

/**
 * Keeps the bytes of a request as they came, whatever they claim to be, up to `maxBytes`; one more is answered 413
 * at once, while the sender may still be sending (body-parser would first wait for the end, and there may be none).
 * Compressed bodies are not opened: a sender signs the bytes it sends, and those are what is proved and kept.
 * What is refused is thrown by {@link rawBodyOf} and not here, where its sender is not known yet; only where `budget`
 * has no room left nobody is asked for, and it is answered 503.
 */
export function keepRawBody(maxBytes: number, budget: BodyBudget): RequestHandler {
  const tooLarge = `A body may have ${maxBytes} bytes at the most.`;
  return (request, response, next) => {
    const refuse = (problem: Problem): void => {
      refusals.set(request, problem);
      request.pause();
      next();
    };
    const declared = Number(request.headers['content-length'] ?? maxBytes);
    if (declared > maxBytes) {
      refuse(problems.payloadTooLarge(tooLarge));
      return;
    }
    const body = new HeldBody(budget, declared);
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('aborted', onBroken).off('error', onBroken);
    };
    const stopAndDrop = (): void => {
      stop();
      body.release();
    };
    const onData = (chunk: Buffer): void => {
      if (body.length + chunk.length > maxBytes) {
        stopAndDrop();
        refuse(problems.payloadTooLarge(tooLarge));
      } else if (!body.append(chunk)) {
        stopAndDrop();
        request.pause();
        next(problems.overloaded('There are too many bodies on their way just now.', RETRY_AFTER_SECONDS));
      }
    };
    const onEnd = (): void => {
      stop();
      request.body = body.bytes();
      next();
    };
    const onBroken = (): void => {
      stopAndDrop();
      refuse(problems.badRequest('The connection was closed before the body was complete.'));
    };
    request.on('data', onData).on('end', onEnd).on('aborted', onBroken).on('error', onBroken);
    response.once('close', () => body.release());
  };
}

/**
 * One body as it grows. It lies in one piece and not in a list: a body sent in pieces of a byte each would take a
 * hundred times its length, and what is counted has to be what is held.
 */
class HeldBody {
  private buffer: Buffer = NOTHING;
  private used = 0;

  /** @param expectedBytes the largest that it becomes */
  constructor(
    private readonly budget: BodyBudget,
    private readonly expectedBytes: number,
  ) {}

  get length(): number {
    return this.used;
  }

  /** False where there is no room for it. */
  append(chunk: Buffer): boolean {
    const length = this.used + chunk.length;
    if (length > this.buffer.length && !this.grow(length, chunk)) return false;
    if (this.buffer !== chunk) chunk.copy(this.buffer, this.used);
    this.used = length;
    return true;
  }

  bytes(): Buffer {
    return this.used === this.buffer.length ? this.buffer : this.buffer.subarray(0, this.used);
  }

  /** To be called when nobody needs it any more; once more does no harm. */
  release(): void {
    this.budget.giveBack(this.buffer.length);
    this.buffer = NOTHING;
    this.used = 0;
  }

  /** Most bodies come in one piece, which is kept as it is. Others at least double, so that each byte moves seldom. */
  private grow(length: number, chunk: Buffer): boolean {
    const first = this.used === 0;
    const size = first ? length : Math.max(length, Math.min(2 * this.buffer.length, this.expectedBytes));
    if (!this.budget.take(size - this.buffer.length)) return false;
    const grown = first ? chunk : Buffer.allocUnsafeSlow(size);
    this.buffer.copy(grown);
    this.buffer = grown;
    return true;
  }
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

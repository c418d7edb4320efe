import type { Dispatcher } from 'undici';

export interface BodyStart {
  readonly body: Buffer;
  readonly truncated: boolean;
}

/** An answer longer than this, in bytes, costs its connection rather than being read to the end. */
const DRAIN_BYTES = 64 * 1_024;
const DRAIN_MS = 1_000;

/**
 * Reads up to `maxBytes` of a response's body. If there is more, it returns at once, and the rest is read away for a
 * moment so that the connection can be used again, or the connection is closed if that is much or takes long.
 * Rejects if the body breaks off.
 */
export async function readStart(stream: Dispatcher.ResponseData['body'], maxBytes: number): Promise<BodyStart> {
  const chunks: Buffer[] = [];
  let length = 0;
  const iterator = stream.iterator({ destroyOnReturn: false });
  for await (const chunk of iterator) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) break;
  }
  const truncated = length > maxBytes;
  if (truncated) discard(stream);
  // Copied: a slice would keep the whole chunk in memory as long as the few bytes of it.
  return { body: Buffer.from(Buffer.concat(chunks).subarray(0, maxBytes)), truncated };
}

function discard(stream: Dispatcher.ResponseData['body']): void {
  const enough = AbortSignal.timeout(DRAIN_MS);
  stream.dump({ limit: DRAIN_BYTES, signal: enough }).catch(() => undefined);
}

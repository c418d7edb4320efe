import type { OutboundResult } from '@mira/outbound';
import type { AttemptResult } from './outcome';

/** What an attempt brought back, for the decision and for the record. */
export interface AttemptAnswer {
  readonly result: AttemptResult;
  readonly statusCode: number | null;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Buffer | null;
}

export type HttpResponse = Extract<OutboundResult, { kind: 'response' }>;

/** An attempt that got no whole answer, or was never sent. */
export function withoutResponse(result: AttemptResult): AttemptAnswer {
  return { result, statusCode: null, responseHeaders: null, responseBody: null };
}

/** Whatever became of a request; `resultOf` says what a whole answer means. */
export function answerOf(answer: OutboundResult, resultOf: (response: HttpResponse) => AttemptResult): AttemptAnswer {
  switch (answer.kind) {
    case 'response':
      return {
        result: resultOf(answer),
        statusCode: answer.status,
        responseHeaders: answer.headers,
        responseBody: answer.body,
      };
    case 'refused_address':
      return withoutResponse({ kind: 'rejected', detail: answer.detail });
    case 'timeout':
    case 'connection_failed':
      return withoutResponse({ kind: 'failed', detail: answer.detail, retryAfter: null });
  }
}

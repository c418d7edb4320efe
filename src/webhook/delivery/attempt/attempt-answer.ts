import type { OutboundResult } from '@mira/outbound';
import { type Bearing, bearingOf, resultOfConnection } from './bearing';
import type { AttemptResult } from './outcome';

/** What an attempt brought back, for the decision and for the record. */
export interface AttemptAnswer {
  readonly result: AttemptResult;
  readonly statusCode: number | null;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Buffer | null;
  /** How the receiver itself bore it; null where nothing came of it that would tell. */
  readonly bearing: Bearing | null;
}

export type HttpResponse = Extract<OutboundResult, { kind: 'response' }>;

/** Sessions and challenges are between the receiver and whoever calls it. */
const NOT_KEPT: ReadonlySet<string> = new Set(['set-cookie', 'www-authenticate']);

function keptHeaders(headers: HttpResponse['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_KEPT.has(name)));
}

/** An attempt that got no whole answer, or was never sent. */
export function withoutResponse(result: AttemptResult, bearing: Bearing | null = null): AttemptAnswer {
  return { result, statusCode: null, responseHeaders: null, responseBody: null, bearing };
}

/** Whatever became of a request; `resultOf` says what a whole answer means. */
export function answerOf(answer: OutboundResult, resultOf: (response: HttpResponse) => AttemptResult): AttemptAnswer {
  switch (answer.kind) {
    case 'response':
      return {
        result: resultOf(answer),
        statusCode: answer.status,
        responseHeaders: keptHeaders(answer.headers),
        responseBody: answer.body,
        bearing: bearingOf(answer),
      };
    case 'refused_address':
      return withoutResponse({ kind: 'rejected', detail: answer.detail });
    case 'timeout':
      return withoutResponse({ kind: 'failed', detail: answer.detail, retryAfter: null }, 'strained');
    case 'connection_failed':
      return withoutResponse(resultOfConnection(answer));
  }
}

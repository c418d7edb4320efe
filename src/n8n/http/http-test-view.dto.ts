import type { OutboundResult } from '@mira/outbound';

/** What a receiver made of a test event. */
export class HttpTestView {
  /** Whether it answered 2xx, as a delivery needs it. */
  ok!: boolean;
  /** A sentence: what happened, and what to change where it was nothing good. */
  detail!: string;
  /** `webhook-id` of what was sent. */
  webhook_id!: string;
  /** Null where there was no answer. */
  status_code!: number | null;
  duration_ms!: number;
  /** The beginning of the answer's body, read as UTF-8; null where there was no answer. */
  response_body!: string | null;
}

export function httpTestView(webhookId: string, result: OutboundResult): HttpTestView {
  const { durationMs: duration_ms } = result;
  if (result.kind !== 'response') {
    const status_code = result.kind === 'refused_address' ? null : result.status;
    return { ok: false, detail: result.detail, webhook_id: webhookId, status_code, duration_ms, response_body: null };
  }
  const { status: status_code, body } = result;
  const ok = status_code >= 200 && status_code < 300;
  const detail = detailOf(status_code);
  return { ok, detail, webhook_id: webhookId, status_code, duration_ms, response_body: body.toString('utf8') };
}

function detailOf(status: number): string {
  const answered = `The receiver answered ${status}`;
  if (status >= 200 && status < 300) return `${answered}: it takes what Mira sends.`;
  if (status >= 300 && status < 400) return `${answered}; redirects are not followed, so give its final address.`;
  if (status === 401 || status === 403) {
    return `${answered}: see whether it knows the signing secret, and whether it wants a header that is not set.`;
  }
  return status >= 500
    ? `${answered}: it is in trouble.`
    : `${answered}: it does not take such events at this address.`;
}

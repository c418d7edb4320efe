import { HOPS_HEADER } from '@mira/internal-event';
import { createHash } from 'node:crypto';
import { USER_AGENT } from '../../../n8n/user-agent';
import type { DueDelivery } from './due-delivery';

const TRACE_PARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})$/;
const PLAIN = /^[\x20-\x7e]+$/;

/**
 * The headers of an attempt: Standard Webhooks' three, Mira's ids, and the sender's content type. All but the
 * time, its signature and the attempt's number stay the same over retries, so that a receiver can tell a repetition.
 */
export function outboundHeaders(
  { id, attempt, event }: DueDelivery,
  { timestampSeconds, signature }: { timestampSeconds: number; signature: string },
): Record<string, string> {
  return {
    'user-agent': USER_AGENT,
    ...(event.contentType ? { 'content-type': event.contentType } : {}),
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signature,
    'x-mira-event-id': event.id,
    'x-mira-delivery-id': id,
    'x-mira-attempt': String(attempt),
    'x-mira-service': event.service,
    [HOPS_HEADER]: String(event.hops + 1),
    ...(event.eventType && PLAIN.test(event.eventType) ? { 'x-mira-event-type': event.eventType } : {}),
    traceparent: traceParentOf(id, attempt, event),
  };
}

/** W3C Trace Context: the sender's trace goes on; else the event's id, which has the same 128 bits, starts one. */
export function traceParentOf(deliveryId: string, attempt: number, event: DueDelivery['event']): string {
  const span = createHash('sha256').update(`${deliveryId} ${attempt}`).digest('hex').slice(0, 16);
  const [, trace, flags] = TRACE_PARENT.exec(event.traceParent ?? '') ?? [];
  return `00-${trace ?? event.id.replaceAll('-', '')}-${span}-${flags ?? '00'}`;
}

/** A sender's traceparent as it is kept: whole and well-formed, or not at all. */
export function keptTraceParent(header: string | undefined): string | null {
  return header !== undefined && TRACE_PARENT.test(header) ? header : null;
}

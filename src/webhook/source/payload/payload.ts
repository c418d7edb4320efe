/**
 * A body after its content type has been taken at its word. `value` is what event types and filters are read from:
 * the JSON value, or the fields of a form (a text each, a list of texts where a field is repeated). Text and XML are
 * carried as bytes and never parsed, so their `value` is undefined.
 */
export interface Payload {
  readonly format: 'empty' | 'json' | 'form' | 'text' | 'xml';
  readonly value: unknown;
}

/** `malformed`: the body is not what its content type says. `unsupported`: no source takes such a body. */
export type ParsedPayload =
  | { readonly kind: 'ok'; readonly payload: Payload }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'unsupported'; readonly detail: string };

export function parsed(format: Payload['format'], value?: unknown): ParsedPayload {
  return { kind: 'ok', payload: { format, value } };
}

export function malformed(detail: string): ParsedPayload {
  return { kind: 'malformed', detail };
}

export function unsupported(detail: string): ParsedPayload {
  return { kind: 'unsupported', detail };
}

/** Words of the sender's own inside a detail: quoted, escaped and cut to a length that suits an answer. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

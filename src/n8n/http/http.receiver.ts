import { OutboundClient, type OutboundResult } from '@mira/outbound';
import { signStandardWithEach } from '@mira/signature';
import { Injectable } from '@nestjs/common';
import { secretsThatSign } from '../integration.connection';
import type { HttpConnection, StaticHeaders } from './http.connection';

/** What goes to a receiver. */
export interface HttpMessage {
  /** Stays the same over retries; it is signed. */
  readonly id: string;
  readonly body: Buffer;
  /** Milliseconds for everything. */
  readonly timeoutMs: number;
  /** The headers of the message, the three of Standard Webhooks among them. They win over those of the integration. */
  readonly headersOf: (proof: MessageProof) => Readonly<Record<string, string>>;
}

export interface MessageProof {
  readonly timestampSeconds: number;
  /** The value of `webhook-signature`. */
  readonly signature: string;
}

/** Shorter values are found by chance in any answer. */
const SHORTEST_SECRET = 8;
const HIDDEN = '[hidden]';

/** Posts signed messages to the receivers of http integrations, and keeps what they must not tell. */
@Injectable()
export class HttpReceiver {
  constructor(private readonly outbound: OutboundClient) {}

  async post(connection: HttpConnection, { id, body, timeoutMs, headersOf }: HttpMessage): Promise<OutboundResult> {
    const timestampSeconds = Math.floor(Date.now() / 1_000);
    const signature = signStandardWithEach({ id, timestampSeconds, body }, secretsThatSign(connection));
    const headers = { ...connection.headers, ...headersOf({ timestampSeconds, signature }) };
    const answer = await this.outbound.send({ method: 'POST', url: connection.url, headers, body, timeoutMs });
    return withoutSecrets(answer, connection.headers);
  }
}

/** Some receivers answer with what they were sent, and answers are kept and shown. Content types say nothing secret. */
function withoutSecrets(answer: OutboundResult, sent: StaticHeaders): OutboundResult {
  if (answer.kind !== 'response') return answer;
  const secrets = Object.values(sent)
    .flatMap((value) => [value, ...value.split(' ')])
    .filter(({ length }) => length >= SHORTEST_SECRET);
  const hide = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  const headers = Object.entries(answer.headers).map(([name, value]) => [
    name,
    name === 'content-type' ? value : hide(value),
  ]);
  // As Latin-1 each byte is a character, and back again.
  const body = Buffer.from(hide(answer.body.toString('latin1')), 'latin1');
  return { ...answer, headers: Object.fromEntries(headers), body };
}

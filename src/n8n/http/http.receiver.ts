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
const COVER = '\u{2588}';
const COVERED = /\u{2588}+/gu;
/** Of the body of an answer. */
const KEPT_BYTES = 4_096;

type HttpResponse = Extract<OutboundResult, { kind: 'response' }>;

/** Posts signed messages to the receivers of http integrations, and keeps what they must not tell. */
@Injectable()
export class HttpReceiver {
  constructor(private readonly outbound: OutboundClient) {}

  async post(connection: HttpConnection, { id, body, timeoutMs, headersOf }: HttpMessage): Promise<OutboundResult> {
    const timestampSeconds = Math.floor(Date.now() / 1_000);
    const signature = signStandardWithEach({ id, timestampSeconds, body }, secretsThatSign(connection));
    const headers = { ...connection.headers, ...headersOf({ timestampSeconds, signature }) };
    const secrets = secretsIn(connection.headers);
    const maxBodyBytes = KEPT_BYTES + (secrets[0]?.length ?? 0);
    const answer = await this.outbound.send({
      method: 'POST',
      url: connection.url,
      headers,
      body,
      timeoutMs,
      maxBodyBytes,
    });
    return answer.kind === 'response' ? withoutSecrets(answer, secrets) : answer;
  }
}

/** Also the words of a value, such as what follows "Bearer". The longest come first, since one may hold another. */
function secretsIn(sent: StaticHeaders): string[] {
  return Object.values(sent)
    .flatMap((value) => [value, ...value.split(' ')])
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}

/**
 * Some receivers answer with what they were sent, and answers are kept and shown. Content types say nothing secret. What is
 * kept of the body is cut only when the secrets are covered, and at the place where it would have been cut without them:
 * so none is left in part.
 */
function withoutSecrets(answer: HttpResponse, secrets: readonly string[]): HttpResponse {
  // As long as what it covers, and of a character that no byte is.
  const cover = (text: string) =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, COVER.repeat(secret.length)), text);
  const shown = (text: string) => text.replaceAll(COVERED, HIDDEN);
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      name === 'content-type' ? value : shown(cover(value)),
    ]),
  );
  // As Latin-1 each byte is a character, and back again.
  const covered = cover(answer.body.toString('latin1'));
  const body = Buffer.from(shown(covered.slice(0, KEPT_BYTES)), 'latin1').subarray(0, KEPT_BYTES);
  return { ...answer, headers, body, truncated: answer.truncated || covered.length > KEPT_BYTES };
}

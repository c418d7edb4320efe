import { ownProperty } from '@mira/json';
import { generateSecret, matchHmac, refuseTimestamp, type HmacScheme, type Verdict } from '@mira/signature';
import { textOf } from './identifiers';
import { type Payload } from './payload/payload';
import { headerOf, type ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';

const HEADER = 'stripe-signature';
const SCHEME: HmacScheme = { algorithm: 'sha256', encoding: 'hex', prefix: 'v1=' };
const SECRET_PREFIX = 'whsec_';
/** One part of the header; others than `t` and `v1` are of schemes that are no proof of a live event. */
const PART = /^([a-z][a-z0-9]*)=([^=]+)$/;

/**
 * Stripe's webhooks: `t=…,v1=…` over `{t}.{body}`, with a `v1` for each secret while one is rolled. The event's id is
 * in the signed body, and is the same each time that Stripe tries again, under another time and signature.
 */
export class StripeSource extends Source {
  readonly name = 'stripe';

  verify(request: ReceivedRequest, { secrets, now }: VerificationKeys): Verdict {
    const header = headerOf(request, HEADER);
    if (header === undefined) return { kind: 'missing', detail: `The request has no ${HEADER} header.` };
    const parts = header.split(',').map((text) => PART.exec(text));
    const times = parts.filter((part) => part?.[1] === 't');
    const time = times[0]?.[2];
    if (parts.includes(null) || time === undefined || times.length > 1) {
      return { kind: 'invalid', detail: `The ${HEADER} header must hold one t= and at least one v1=, without spaces.` };
    }
    const refusal = refuseTimestamp(time, now);
    if (refusal) return refusal;
    const claims = parts.flatMap((part) => (part?.[1] === 'v1' ? [part[0]] : []));
    const content = [Buffer.from(`${time}.`, 'latin1'), request.body];
    for (const secret of secrets) {
      const proof = matchHmac(claims, content, secret, SCHEME);
      if (proof !== null) return { kind: 'valid', proof };
    }
    return { kind: 'invalid', detail: `No v1= of the ${HEADER} header matches the time and the body.` };
  }

  proofHeaders(): readonly string[] {
    return [HEADER];
  }

  /** The id is signed along with the rest of the body. */
  provesOneEvent(): boolean {
    return false;
  }

  protected deliveryId(_request: ReceivedRequest, { value }: Payload): string | null {
    return textOf(ownProperty(value, 'id'));
  }

  protected eventTypes(_request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    return [ownProperty(value, 'type')];
  }

  /** Good until Stripe has made the one that it will sign with. */
  override newSecret(): string {
    return SECRET_PREFIX + generateSecret();
  }

  override checkSecret(secret: string): string | null {
    if (secret.startsWith(SECRET_PREFIX)) return super.checkSecret(secret);
    return "Give the endpoint's signing secret, which begins with whsec_, and not an API key.";
  }
}

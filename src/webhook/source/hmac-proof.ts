import { refuseTimestamp, verifyHmac, type HmacScheme, type Verdict } from '@mira/signature';
import { headerOf, type ReceivedRequest } from './received-request';

export const HUB_SIGNATURE_HEADER = 'x-hub-signature-256';
const HUB_SCHEME: HmacScheme = { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' };

/** Checks an HMAC that stands in a header, against each secret. `content` is what is signed, where it is not the body. */
export function verifyHmacHeader(
  request: ReceivedRequest,
  header: string,
  secrets: readonly string[],
  scheme: HmacScheme,
  content: readonly Uint8Array[] = [request.body],
): Verdict {
  const proof = headerOf(request, header);
  if (proof === undefined) return { kind: 'missing', detail: `The request has no ${header} header.` };
  if (secrets.some((secret) => verifyHmac(proof, content, secret, scheme))) return { kind: 'valid', proof };
  return { kind: 'invalid', detail: `The ${header} header is not the ${describe(scheme)} of this body.` };
}

/** How a sender signs a time along with the body: where the time stands, and what of it is signed before the body. */
export interface TimedScheme extends HmacScheme {
  readonly timeHeader: string;
  readonly before: (time: string) => string;
}

/** The same where the unix time of a header beside it is signed before the body, and may not be too far from now. */
export function verifyTimedHmacHeader(
  request: ReceivedRequest,
  header: string,
  secrets: readonly string[],
  { timeHeader, before, ...scheme }: TimedScheme,
  now: Date,
): Verdict {
  if (headerOf(request, header) === undefined) return verifyHmacHeader(request, header, secrets, scheme);
  const time = headerOf(request, timeHeader);
  if (time === undefined) return { kind: 'invalid', detail: `The request has no ${timeHeader} header.` };
  const refusal = refuseTimestamp(time, now);
  if (refusal) return refusal;
  return verifyHmacHeader(request, header, secrets, scheme, [Buffer.from(before(time), 'latin1'), request.body]);
}

/** `X-Hub-Signature-256: sha256=<hex>` over the body: GitHub's form, which n8n and many others can make. */
export function verifyHubSignature(request: ReceivedRequest, secrets: readonly string[]): Verdict {
  return verifyHmacHeader(request, HUB_SIGNATURE_HEADER, secrets, HUB_SCHEME);
}

function describe({ algorithm, encoding, prefix }: HmacScheme): string {
  const form = encoding === 'hex' ? 'lower-case hex' : 'base64';
  return `HMAC-${algorithm.toUpperCase()} in ${form}${prefix ? ` after "${prefix}"` : ''}`;
}

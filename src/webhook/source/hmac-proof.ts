import { verifyHmac, type HmacScheme, type Verdict } from '@mira/signature';
import { headerOf, type ReceivedRequest } from './received-request';

export const HUB_SIGNATURE_HEADER = 'x-hub-signature-256';
const HUB_SCHEME: HmacScheme = { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' };

/** Checks an HMAC that stands in a header, against each secret. `before` is what is signed ahead of the body. */
export function verifyHmacHeader(
  request: ReceivedRequest,
  header: string,
  secrets: readonly string[],
  scheme: HmacScheme,
  before?: Buffer,
): Verdict {
  const proof = headerOf(request, header);
  if (proof === undefined) return { kind: 'missing', detail: `The request has no ${header} header.` };
  const content = before ? [before, request.body] : [request.body];
  if (secrets.some((secret) => verifyHmac(proof, content, secret, scheme))) return { kind: 'valid', proof };
  return { kind: 'invalid', detail: `The ${header} header is not the ${describe(scheme)} of this body.` };
}

/** `X-Hub-Signature-256: sha256=<hex>` over the body: GitHub's form, which n8n and many others can make. */
export function verifyHubSignature(request: ReceivedRequest, secrets: readonly string[]): Verdict {
  return verifyHmacHeader(request, HUB_SIGNATURE_HEADER, secrets, HUB_SCHEME);
}

function describe({ algorithm, encoding, prefix }: HmacScheme): string {
  const form = encoding === 'hex' ? 'lower-case hex' : 'base64';
  return `HMAC-${algorithm.toUpperCase()} in ${form}${prefix ? ` after "${prefix}"` : ''}`;
}

import { ownProperty } from '@mira/json';
import { verifySharedSecret, verifyStandard, type Verdict } from '@mira/signature';
import { type Payload } from './payload/payload';
import { headerOf, type ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';
import { standardKeyFault, standardMessage, STANDARD_SIGNATURE_HEADER } from './standard-proof';

const TOKEN_HEADER = 'x-gitlab-token';
/** The event header of all that an instance reports of itself; what happened stands in the body. */
const SYSTEM_HOOK = 'System Hook';

/**
 * GitLab's webhooks. With a signing token (GitLab 19) they are signed as Standard Webhooks are; with a secret token
 * they only show it. Which of the two an endpoint asks for is told by its secret, and neither stands in for the
 * other: a signing token that is shown would sign for whoever saw it.
 */
export class GitlabSource extends Source {
  readonly name = 'gitlab';

  verify(request: ReceivedRequest, { secrets, now }: VerificationKeys): Verdict {
    const signing = secrets.filter(isSigningToken);
    const shown = headerOf(request, TOKEN_HEADER);
    const tokens = secrets.filter((secret) => !isSigningToken(secret));
    if (shown !== undefined && tokens.some((token) => verifySharedSecret(shown, token))) {
      return { kind: 'valid', proof: shown };
    }
    const isSigned = headerOf(request, STANDARD_SIGNATURE_HEADER) !== undefined;
    if (isSigned && signing.length > 0) return verifyStandard(standardMessage(request), signing, now);
    const wanted = signing.length > 0 ? STANDARD_SIGNATURE_HEADER : TOKEN_HEADER;
    if (shown === undefined && !isSigned) return { kind: 'missing', detail: `The request has no ${wanted} header.` };
    return { kind: 'invalid', detail: `The request has no ${wanted} header that fits the secret of this endpoint.` };
  }

  proofHeaders(): readonly string[] {
    return [TOKEN_HEADER, STANDARD_SIGNATURE_HEADER];
  }

  /** A secret token is the same for all events; a signature covers the id. */
  provesOneEvent(): boolean {
    return false;
  }

  /** It is also the Idempotency-Key, which older ones send alone. */
  protected deliveryId(request: ReceivedRequest): string | undefined {
    return headerOf(request, 'webhook-id');
  }

  protected eventTypes(request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    const header = headerOf(request, 'x-gitlab-event');
    const inBody = [ownProperty(value, 'event_name'), ownProperty(value, 'object_kind')];
    return header === SYSTEM_HOOK ? [...inBody, header] : [header, ...inBody];
  }

  override checkSecret(secret: string): string | null {
    return isSigningToken(secret) ? standardKeyFault(secret) : super.checkSecret(secret);
  }
}

/** What GitLab calls a signing token begins so; its older secret token is any other text. */
function isSigningToken(secret: string): boolean {
  return secret.startsWith('whsec_');
}

import { ownProperty } from '@mira/json';
import type { HmacScheme, Verdict } from '@mira/signature';
import { verifyHmacHeader } from './hmac-proof';
import { type Payload } from './payload/payload';
import { headerOf, type ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';

const HEADER = 'x-hub-signature';
const SCHEME: HmacScheme = { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' };

/**
 * Jira's webhooks, signed where they are given a secret. Only the body is; the id, which stays the same when Jira tries
 * again, stands in a header beside it.
 */
export class JiraSource extends Source {
  readonly name = 'jira';

  verify(request: ReceivedRequest, { secrets }: VerificationKeys): Verdict {
    return verifyHmacHeader(request, HEADER, secrets, SCHEME);
  }

  proofHeaders(): readonly string[] {
    return [HEADER];
  }

  /** The body holds the millisecond of the event, so that no two events have the same. */
  provesOneEvent(): boolean {
    return true;
  }

  protected deliveryId(request: ReceivedRequest): string | undefined {
    return headerOf(request, 'x-atlassian-webhook-identifier');
  }

  protected eventTypes(_request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    return [ownProperty(value, 'webhookEvent')];
  }
}

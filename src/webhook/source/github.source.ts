import type { Verdict } from '@mira/signature';
import { HUB_SIGNATURE_HEADER, verifyHubSignature } from './hmac-proof';
import { headerOf, type ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';

/**
 * GitHub's webhooks. Only the body is signed; id and event type stand in headers beside it, and a redelivery by hand
 * keeps its id.
 */
export class GithubSource extends Source {
  readonly name = 'github';

  verify(request: ReceivedRequest, { secrets }: VerificationKeys): Verdict {
    return verifyHubSignature(request, secrets);
  }

  proofHeaders(): readonly string[] {
    return [HUB_SIGNATURE_HEADER];
  }

  provesOneEvent(): boolean {
    return true;
  }

  protected deliveryId(request: ReceivedRequest): string | undefined {
    return headerOf(request, 'x-github-delivery');
  }

  protected eventTypes(request: ReceivedRequest): readonly unknown[] {
    return [headerOf(request, 'x-github-event')];
  }
}

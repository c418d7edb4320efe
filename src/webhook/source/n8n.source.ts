import { ownProperty } from '@mira/json';
import type { Verdict } from '@mira/signature';
import { HUB_SIGNATURE_HEADER, verifyHubSignature } from './hmac-proof';
import { type Payload } from './payload/payload';
import type { ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';

/**
 * Workflows that call Mira. n8n's HTTP Request node signs nothing by itself, but its Crypto node can make the HMAC
 * that GitHub has made customary, so that is the proof asked for.
 */
export class N8nSource extends Source {
  readonly name = 'n8n';

  verify(request: ReceivedRequest, { secrets }: VerificationKeys): Verdict {
    return verifyHubSignature(request, secrets);
  }

  proofHeaders(): readonly string[] {
    return [HUB_SIGNATURE_HEADER];
  }

  provesOneEvent(): boolean {
    return false;
  }

  protected deliveryId(): null {
    return null;
  }

  protected eventTypes(_request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    return [ownProperty(value, 'workflow_type'), ownProperty(value, 'type')];
  }
}

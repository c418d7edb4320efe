import { ownProperty } from '@mira/json';
import { generateStandardSecret, verifyStandard, type Verdict } from '@mira/signature';
import { type Payload } from './payload/payload';
import { headerOf, type ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';
import { standardKeyFault, standardMessage, STANDARD_SIGNATURE_HEADER } from './standard-proof';

/**
 * Senders that follow Standard Webhooks, with a shared secret (`whsec_`, v1) or with a key pair of which the endpoint
 * holds the public half (`whpk_`, v1a). Id and time are signed along with the body.
 */
export class StandardSource extends Source {
  readonly name = 'standard';

  verify(request: ReceivedRequest, { secrets, now }: VerificationKeys): Verdict {
    return verifyStandard(standardMessage(request), secrets, now);
  }

  proofHeaders(): readonly string[] {
    return [STANDARD_SIGNATURE_HEADER];
  }

  provesOneEvent(): boolean {
    return false;
  }

  protected deliveryId(request: ReceivedRequest): string | undefined {
    return headerOf(request, 'webhook-id');
  }

  protected eventTypes(_request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    return [ownProperty(value, 'type')];
  }

  override newSecret(): string {
    return generateStandardSecret();
  }

  override checkSecret(secret: string): string | null {
    return standardKeyFault(secret);
  }
}

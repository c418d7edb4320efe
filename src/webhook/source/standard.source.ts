import { ownProperty } from '@mira/json';
import { generateStandardSecret, parseStandardKey, verifyStandard, type Verdict } from '@mira/signature';
import { type Payload } from './payload/payload';
import { headerOf, type ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';

/**
 * Senders that follow Standard Webhooks, with a shared secret (`whsec_`, v1) or with a key pair of which the endpoint
 * holds the public half (`whpk_`, v1a). Id and time are signed along with the body.
 */
export class StandardSource extends Source {
  readonly name = 'standard';

  verify(request: ReceivedRequest, { secrets, now }: VerificationKeys): Verdict {
    const message = {
      id: headerOf(request, 'webhook-id'),
      timestamp: headerOf(request, 'webhook-timestamp'),
      signature: headerOf(request, 'webhook-signature'),
      body: request.body,
    };
    return verifyStandard(message, secrets, now);
  }

  proofHeader(): string {
    return 'webhook-signature';
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
    const key = parseStandardKey(secret);
    switch (key.kind) {
      case 'symmetric':
      case 'public':
        return null;
      case 'private':
        return 'A whsk_ key is the private half and stays with the sender; give the public half, whpk_.';
      case 'malformed':
        return key.detail;
    }
  }
}

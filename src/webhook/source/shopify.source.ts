import type { HmacScheme, Verdict } from '@mira/signature';
import { verifyHmacHeader } from './hmac-proof';
import { headerOf, type ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';

const HEADER = 'x-shopify-hmac-sha256';
const SCHEME: HmacScheme = { algorithm: 'sha256', encoding: 'base64' };
const ACCESS_TOKEN = /^shp(?:at|ca|pa|ua)_/;

/**
 * Shopify's webhooks. Only the body is signed: id, topic and the time of `X-Shopify-Triggered-At` stand in headers
 * beside it, so that none of them proves anything, and a time that anybody can write is not looked at.
 */
export class ShopifySource extends Source {
  readonly name = 'shopify';

  verify(request: ReceivedRequest, { secrets }: VerificationKeys): Verdict {
    return verifyHmacHeader(request, HEADER, secrets, SCHEME);
  }

  proofHeaders(): readonly string[] {
    return [HEADER];
  }

  /** One order can be created, paid and updated at once: then three topics come with one and the same body. */
  provesOneEvent(): boolean {
    return false;
  }

  protected deliveryId(request: ReceivedRequest): string | undefined {
    return headerOf(request, 'x-shopify-webhook-id');
  }

  protected eventTypes(request: ReceivedRequest): readonly unknown[] {
    return [headerOf(request, 'x-shopify-topic')];
  }

  override checkSecret(secret: string): string | null {
    if (ACCESS_TOKEN.test(secret)) return "Give the app's client secret, and not an access token.";
    return super.checkSecret(secret);
  }
}

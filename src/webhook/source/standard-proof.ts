import { parseStandardKey, type SignedMessage } from '@mira/signature';
import { headerOf, type ReceivedRequest } from './received-request';

export const STANDARD_SIGNATURE_HEADER = 'webhook-signature';

/** A request as Standard Webhooks see it. */
export function standardMessage(request: ReceivedRequest): SignedMessage {
  return {
    id: headerOf(request, 'webhook-id'),
    timestamp: headerOf(request, 'webhook-timestamp'),
    signature: headerOf(request, STANDARD_SIGNATURE_HEADER),
    body: request.body,
  };
}

/** What is wrong with a key that an endpoint is to check Standard Webhooks with, or null. */
export function standardKeyFault(secret: string): string | null {
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

import { ownProperty } from '@mira/json';
import type { Verdict } from '@mira/signature';
import { verifyTimedHmacHeader, type TimedScheme } from './hmac-proof';
import { textOf } from './identifiers';
import { type Payload } from './payload/payload';
import type { ReceivedRequest } from './received-request';
import { Source, type HandshakeAnswer, type VerificationKeys } from './source';

const HEADER = 'x-slack-signature';
const SCHEME: TimedScheme = {
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: 'v0=',
  timeHeader: 'x-slack-request-timestamp',
  before: (time) => `v0:${time}:`,
};
const TOKEN = /^(?:xox|xapp-)/;

/**
 * Slack's Events API, slash commands and interactivity. Events carry an id that stays the same when Slack tries again;
 * commands and interactions are sent once, as forms (interactions as JSON inside one, which the form's reader opens).
 */
export class SlackSource extends Source {
  readonly name = 'slack';

  verify(request: ReceivedRequest, { secrets, now }: VerificationKeys): Verdict {
    return verifyTimedHmacHeader(request, HEADER, secrets, SCHEME, now);
  }

  proofHeaders(): readonly string[] {
    return [HEADER];
  }

  /** The time is signed, and what has no id of its own is still another each time: it holds a trigger of its own. */
  provesOneEvent(): boolean {
    return true;
  }

  protected deliveryId(_request: ReceivedRequest, { value }: Payload): string | null {
    return textOf(ownProperty(value, 'event_id'));
  }

  protected eventTypes(_request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    const event = ownProperty(value, 'event');
    return [ownProperty(event, 'type'), ownProperty(value, 'type'), ownProperty(value, 'command')];
  }

  /** Asked when somebody enters the address in Slack's settings. */
  override handshake(_request: ReceivedRequest, { value }: Payload): HandshakeAnswer | null {
    const challenge = ownProperty(value, 'challenge');
    if (ownProperty(value, 'type') !== 'url_verification' || typeof challenge !== 'string') return null;
    return { challenge };
  }

  override checkSecret(secret: string): string | null {
    if (TOKEN.test(secret)) return "Give the Signing Secret of the app's Basic Information, and not a token.";
    return super.checkSecret(secret);
  }
}

import { ownProperty } from '@mira/json';
import type { HmacScheme, Verdict } from '@mira/signature';
import { IsOptional, IsUrl, MaxLength } from 'class-validator';
import { verifyHmacHeader } from './hmac-proof';
import { textOf } from './identifiers';
import { type Payload } from './payload/payload';
import type { ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';
import { configErrorsOf, type ConfigError } from './source-config';

const HEADER = 'x-trello-webhook';
const SCHEME: HmacScheme = { algorithm: 'sha1', encoding: 'base64' };
const USER_TOKEN = /^ATTA/;
const URL_RULES = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };
const MAX_URL_CHARACTERS = 2_048;

class TrelloConfig {
  /**
   * the callback URL exactly as Trello was given it, where requests reach Mira under another: behind a proxy that
   * changes the host; without it the endpoint's own address counts
   */
  @IsOptional()
  @MaxLength(MAX_URL_CHARACTERS, { message: `must have at most ${MAX_URL_CHARACTERS} characters` })
  @IsUrl(URL_RULES, { message: 'must be an http or https URL' })
  callback_url: string | null = null;
}

/**
 * Trello's webhooks: HMAC-SHA1 over the body and the callback URL, keyed with the app's OAuth secret. No time is
 * signed; the action's id is, being in the body. Before Trello makes a webhook it looks whether its address is there.
 */
export class TrelloSource extends Source {
  readonly name = 'trello';

  verify(request: ReceivedRequest, { secrets, config, url }: VerificationKeys): Verdict {
    const callbackUrl = callbackUrlOf(config) ?? url;
    return verifyHmacHeader(request, HEADER, secrets, SCHEME, [request.body, Buffer.from(callbackUrl)]);
  }

  proofHeaders(): readonly string[] {
    return [HEADER];
  }

  /** The id is signed along with the rest of the body. */
  provesOneEvent(): boolean {
    return false;
  }

  override get probeMethods(): readonly ('GET' | 'HEAD')[] {
    return ['HEAD', 'GET'];
  }

  protected deliveryId(_request: ReceivedRequest, { value }: Payload): string | null {
    return textOf(ownProperty(ownProperty(value, 'action'), 'id'));
  }

  protected eventTypes(_request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    return [ownProperty(ownProperty(value, 'action'), 'type')];
  }

  override checkSecret(secret: string): string | null {
    if (USER_TOKEN.test(secret)) return "Give the app's OAuth secret, and not a user's token.";
    return super.checkSecret(secret);
  }

  override configErrors(config: unknown): ConfigError[] {
    return configErrorsOf(TrelloConfig, config);
  }
}

/** A stored setting that is not what `configErrors` lets pass stops the request: nothing is guessed about a proof. */
function callbackUrlOf({ callback_url: url = null }: VerificationKeys['config']): string | null {
  if (url !== null && typeof url !== 'string') throw new TypeError('Stored setting "callback_url" is unusable.');
  return url;
}

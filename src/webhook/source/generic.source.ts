import { ownProperty } from '@mira/json';
import type { HmacScheme, Verdict } from '@mira/signature';
import { GenericConfig } from './generic.config';
import { verifyHmacHeader, verifyTimedHmacHeader } from './hmac-proof';
import { type Payload } from './payload/payload';
import type { ReceivedRequest } from './received-request';
import { Source, type VerificationKeys } from './source';
import { configErrorsOf, isSourceConfig, type ConfigError, type SourceConfig } from './source-config';

interface Settings {
  readonly header: string;
  readonly timestampHeader: string | null;
  readonly scheme: HmacScheme;
}

/**
 * Any sender that can make an HMAC-SHA256: where it stands and how it is written is the endpoint's configuration.
 * The event type is the payload's `type`, else `event`, else `event_type`.
 */
export class GenericSource extends Source {
  readonly name = 'generic';

  verify(request: ReceivedRequest, { secrets, config, now }: VerificationKeys): Verdict {
    const { header, timestampHeader, scheme } = settingsOf(config);
    if (timestampHeader === null) return verifyHmacHeader(request, header, secrets, scheme);
    const timed = { ...scheme, timeHeader: timestampHeader, before: (time: string) => `${time}.` };
    return verifyTimedHmacHeader(request, header, secrets, timed, now);
  }

  proofHeaders(config: SourceConfig): readonly string[] {
    return [settingsOf(config).header];
  }

  /** A signed time tells two events of the same body apart. Without one, a heartbeat's proof is always the same. */
  provesOneEvent(config: SourceConfig): boolean {
    return settingsOf(config).timestampHeader !== null;
  }

  protected deliveryId(): null {
    return null;
  }

  protected eventTypes(_request: ReceivedRequest, { value }: Payload): readonly unknown[] {
    return [ownProperty(value, 'type'), ownProperty(value, 'event'), ownProperty(value, 'event_type')];
  }

  override configErrors(config: unknown): ConfigError[] {
    const errors = configErrorsOf(GenericConfig, config);
    if (errors.length > 0) return errors;
    const { header, timestampHeader } = settingsOf(isSourceConfig(config) ? config : {});
    if (header !== timestampHeader) return [];
    return [{ field: 'config.timestamp_header', message: 'must be another header than the one of the signature' }];
  }
}

const DEFAULTS = new GenericConfig();

/** Reads a stored configuration. One that is not what `configErrors` lets pass stops the request: nothing is guessed
 * about how to check a proof. */
function settingsOf(config: SourceConfig): Settings {
  const encoding = config.encoding ?? DEFAULTS.encoding;
  if (encoding !== 'hex' && encoding !== 'base64') throw new TypeError('Stored setting "encoding" is unusable.');
  const header = textSetting(config, 'header');
  if (header === null) throw new TypeError('Stored setting "header" is unusable.');
  return {
    header: header.toLowerCase(),
    timestampHeader: textSetting(config, 'timestamp_header')?.toLowerCase() ?? null,
    scheme: { algorithm: 'sha256', encoding, prefix: textSetting(config, 'prefix') ?? '' },
  };
}

function textSetting(config: SourceConfig, name: 'header' | 'prefix' | 'timestamp_header'): string | null {
  const value = config[name] ?? DEFAULTS[name];
  if (value !== null && typeof value !== 'string') throw new TypeError(`Stored setting "${name}" is unusable.`);
  return value;
}

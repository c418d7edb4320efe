import { Section, Setting } from '../setting/setting.decorator';
import {
  flag,
  hostName,
  httpUrl,
  optional,
  text,
  trustProxy,
  wholeNumber,
  type TrustProxy,
} from '../setting/setting-kinds';

class RateLimitConfig {
  @Setting(wholeNumber(1, 1_000_000_000), {
    about: 'Requests that one client may make in a window; the bucket starts full and refills evenly.',
  })
  readonly max_requests: number = 10_000;

  @Setting(wholeNumber(1, 31_536_000), { about: 'Seconds in which an empty bucket is full again.' })
  readonly window_seconds: number = 86_400;
}

/** How webhooks are received, and what a tenant may have of what goes with it. */
export class WebhookConfig {
  @Setting(flag(), { about: 'Whether webhooks are received; without it the receiving routes answer 404.' })
  readonly enabled: boolean = true;

  @Setting(hostName(), { about: 'The address to listen on.', customary: 'HOST' })
  readonly host: string = '0.0.0.0';

  @Setting(wholeNumber(0, 65_535), { about: 'The port to listen on; 0 takes any free one.', customary: 'PORT' })
  readonly port: number = 5000;

  @Setting(optional(text(1024)), {
    about: 'The secret whose `X-Hub-Signature-256` lets a sender without API key in, for the default tenant.',
    secret: true,
  })
  readonly secret_key: string | null = null;

  @Setting(flag(), { about: 'Whether a client may send only so much in a window.' })
  readonly rate_limit_enabled: boolean = true;

  @Setting(wholeNumber(1, 104_857_600), {
    about: 'The largest body that is taken, in bytes; a larger one answers 413.',
  })
  readonly max_body_bytes: number = 1_048_576;

  @Setting(wholeNumber(1, 10_000), {
    about: 'Routes that a tenant may have; each is looked at for every event of its service.',
  })
  readonly max_routes: number = 200;

  @Setting(wholeNumber(1, 10_000), { about: 'Replays and redrives that a tenant may have under way.' })
  readonly max_replays: number = 5;

  @Setting(wholeNumber(0, 36_500), {
    about: 'Days that events are kept, with all that became of them; 0 keeps them until their tenant is deleted.',
  })
  readonly retention_days: number = 0;

  @Setting(trustProxy(), {
    about: 'Whose `X-Forwarded-For` tells the address of a client: nobody, so many proxies in front, or networks.',
  })
  readonly trust_proxy: TrustProxy = false;

  @Setting(optional(httpUrl()), {
    about: 'The address that senders reach Mira at, which the URLs of endpoints are printed with.',
  })
  readonly public_url: string | null = null;

  @Section(RateLimitConfig)
  readonly rate_limit: RateLimitConfig = new RateLimitConfig();
}

import { Section, Setting } from './setting/setting.decorator';
import { withoutPassword } from './setting/database-url';
import { knownSettings } from './setting/known-settings';
import {
  alwaysOn,
  databaseUrl,
  decimal,
  decimalList,
  flag,
  hostName,
  httpUrl,
  masterKey,
  name,
  networkList,
  oneOf,
  optional,
  text,
  token,
  tokenKeys,
  trustProxy,
  type TrustProxy,
  wholeNumber,
} from './setting/setting-kinds';

export type Role = 'all' | 'api' | 'worker';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** The loopback networks, where the n8n of somebody who tries Mira on one machine listens. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

class RateLimitConfig {
  @Setting(wholeNumber(1, 1_000_000_000), {
    about: 'Requests that one client may make in a window; the bucket starts full and refills evenly.',
  })
  readonly max_requests: number = 10_000;

  @Setting(wholeNumber(1, 31_536_000), { about: 'Seconds in which an empty bucket is full again.' })
  readonly window_seconds: number = 86_400;
}

class WebhookConfig {
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

class RbacConfig {
  @Setting(flag(), { about: 'Many tenants with users and roles; without it, one tenant with its admin.' })
  readonly enabled: boolean = true;

  @Setting(alwaysOn('row-level isolation in the database is what keeps tenants apart, and it cannot be switched off'), {
    about: 'Stands here because it was always in the documented file. It cannot be switched off.',
  })
  readonly tenant_isolation: boolean = true;
}

class AuthConfig {
  @Setting(optional(tokenKeys()), {
    about: 'The keys of access tokens: the first signs, all verify. Without them one is derived from `master_key`.',
    secret: true,
  })
  readonly jwt_keys: readonly string[] | null = null;
}

class ApiRateLimitConfig {
  @Setting(wholeNumber(1, 1_000_000_000), {
    about: 'Management requests that one key or person may make in a window, in each process.',
  })
  readonly max_requests: number = 1_200;

  @Setting(wholeNumber(1, 1_000_000_000), {
    about: 'Management requests without a valid credential that one address may make in a window, in each process.',
  })
  readonly max_anonymous_requests: number = 300;

  @Setting(wholeNumber(1, 86_400), { about: 'Seconds in which both are full again.' })
  readonly window_seconds: number = 60;
}

class ApiConfig {
  @Setting(flag(), { about: 'Whether management requests are limited.' })
  readonly rate_limit_enabled: boolean = true;

  @Section(ApiRateLimitConfig)
  readonly rate_limit: ApiRateLimitConfig = new ApiRateLimitConfig();
}

class EnterpriseConfig {
  @Setting(flag(), { about: 'Whether usage is kept for analytics; without it, only what limits need.' })
  readonly usage_tracking: boolean = true;

  @Setting(flag(), { about: "Whether an audit trail is written; without it, only an admin's crossings of tenants." })
  readonly audit_logging: boolean = true;

  @Setting(wholeNumber(1, 36_500), { about: 'Days that entries of the audit trail are kept.' })
  readonly audit_retention_days: number = 400;
}

class DatabaseConfig {
  @Setting(optional(databaseUrl()), {
    about: 'The PostgreSQL server; without it the embedded database in `data_dir`.',
    customary: 'DATABASE_URL',
    secret: withoutPassword,
  })
  readonly url: string | null = null;

  @Setting(wholeNumber(2, 1_000), { about: 'Connections that one process holds at most.' })
  readonly pool_size: number = 10;

  @Setting(wholeNumber(100, 60_000), {
    about: 'Milliseconds to wait for a connection. A database that is away answers 503 after it, so keep it under 2 s.',
  })
  readonly connect_timeout_ms: number = 1_500;

  @Setting(wholeNumber(100, 600_000), { about: 'Milliseconds after which a PostgreSQL server gives up a statement.' })
  readonly statement_timeout_ms: number = 10_000;

  @Setting(flag(), {
    about:
      'Whether a pooler in transaction mode, such as PgBouncer, stands before the server: nothing is kept in a session then.',
  })
  readonly transaction_pooling: boolean = false;
}

class DeliveryConfig {
  @Setting(wholeNumber(1, 1_000), { about: 'Attempts that one process has under way at a time.' })
  readonly concurrency: number = 64;

  @Setting(wholeNumber(100, 600_000), { about: 'Milliseconds that one attempt may take.' })
  readonly timeout_ms: number = 15_000;

  @Setting(decimalList(0, 2_592_000, 100), {
    about: 'Seconds to wait before each attempt, counted from the one before; the first is attempt 1.',
  })
  readonly retry_schedule_seconds: readonly number[] = [0, 5, 30, 120, 600, 1_800, 7_200, 21_600, 57_600, 172_800];

  @Setting(decimal(0, 0.5), { about: 'How far a wait is moved at random, as a part of it: 0.2 is ±20 %.' })
  readonly retry_jitter: number = 0.2;

  @Setting(decimal(0.01, 3_600), {
    about: 'Seconds until a receiver that cannot take deliveries is first tried again; doubled after each try.',
  })
  readonly probe_first_seconds: number = 1;

  @Setting(decimal(0.01, 86_400), { about: 'The most seconds between two such tries.' })
  readonly probe_max_seconds: number = 30;

  @Setting(wholeNumber(1, 1_000), {
    about: 'Failures of an integration in a row (5xx, 429, no answer in time) after which its deliveries are held.',
  })
  readonly breaker_failures: number = 5;
}

class OutboundConfig {
  @Setting(networkList(), {
    about: 'Private networks that deliveries may reach all the same, such as the one where your n8n lives.',
    derivedDefault: 'with the embedded database 127.0.0.0/8 and ::1/128, with a server none',
  })
  readonly allow: readonly string[] = LOOPBACK;
}

class AdminConfig {
  @Setting(name(100), { about: 'The first user. Read at the very first start only.' })
  readonly username: string = 'admin';

  @Setting(optional(text(1024)), {
    about: "The first user's password. Read at the very first start only; made and printed once if not given.",
    secret: true,
  })
  readonly password: string | null = null;
}

class MetricsConfig {
  @Setting(optional(token()), {
    about: 'The bearer token that `/metrics` asks for; without one it is open.',
    secret: true,
  })
  readonly token: string | null = null;

  @Setting(flag(), {
    about: 'Whether answers tell by `Server-Timing` how long their stages took; it tells senders too.',
  })
  readonly server_timing: boolean = false;
}

class LogConfig {
  @Setting(oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), {
    about: 'How much is logged.',
  })
  readonly level: LogLevel = 'info';
}

class ShutdownConfig {
  @Setting(wholeNumber(0, 300), {
    about:
      'Seconds after SIGTERM in which it serves on and says that it is not ready, so that load balancers can learn.',
  })
  readonly delay_seconds: number = 0;

  @Setting(wholeNumber(1, 3_600), { about: 'Seconds that work under way has to finish in after SIGTERM.' })
  readonly timeout_seconds: number = 20;
}

/**
 * Everything about Mira that can be set, with its defaults, in the shape of the JSON file. It is the injection
 * token too. To add a setting, add a property here; docs/configuration.md is checked against this file.
 */
export class MiraConfig {
  @Section(WebhookConfig)
  readonly webhook: WebhookConfig = new WebhookConfig();

  @Section(RbacConfig)
  readonly rbac: RbacConfig = new RbacConfig();

  @Section(AuthConfig)
  readonly auth: AuthConfig = new AuthConfig();

  @Section(ApiConfig)
  readonly api: ApiConfig = new ApiConfig();

  @Section(EnterpriseConfig)
  readonly enterprise: EnterpriseConfig = new EnterpriseConfig();

  @Section(DatabaseConfig)
  readonly database: DatabaseConfig = new DatabaseConfig();

  @Section(DeliveryConfig)
  readonly delivery: DeliveryConfig = new DeliveryConfig();

  @Section(OutboundConfig)
  readonly outbound: OutboundConfig = new OutboundConfig();

  @Section(AdminConfig)
  readonly admin: AdminConfig = new AdminConfig();

  @Section(MetricsConfig)
  readonly metrics: MetricsConfig = new MetricsConfig();

  @Section(LogConfig)
  readonly log: LogConfig = new LogConfig();

  @Section(ShutdownConfig)
  readonly shutdown: ShutdownConfig = new ShutdownConfig();

  @Setting(text(4096), { about: 'The folder of the embedded database, seen from the working directory.' })
  readonly data_dir: string = './data';

  @Setting(oneOf('all', 'api', 'worker'), {
    about: 'What this process does: answer (`api`), deliver (`worker`, which serves its probes alone) or both.',
  })
  readonly role: Role = 'all';

  @Setting(optional(masterKey()), {
    about:
      'The key that stored secrets are encrypted under. Needed with a database server; ' +
      'the embedded database makes its own.',
    secret: true,
  })
  readonly master_key: string | null = null;
}

/** All of them, in the order above. */
export const MIRA_SETTINGS = knownSettings(MiraConfig);

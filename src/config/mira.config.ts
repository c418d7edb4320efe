import { ApiConfig } from './section/api.config';
import { DatabaseConfig } from './section/database.config';
import { DeliveryConfig } from './section/delivery.config';
import { WebhookConfig } from './section/webhook.config';
import { Section, Setting } from './setting/setting.decorator';
import { knownSettings } from './setting/known-settings';
import {
  alwaysOn,
  flag,
  masterKey,
  name,
  networkList,
  oneOf,
  optional,
  text,
  token,
  tokenKeys,
  wholeNumber,
} from './setting/setting-kinds';

export type Role = 'all' | 'api' | 'worker';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** The loopback networks, where the n8n of somebody who tries Mira on one machine listens. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

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

class EnterpriseConfig {
  @Setting(flag(), { about: 'Whether usage is kept for analytics; without it, only what limits need.' })
  readonly usage_tracking: boolean = true;

  @Setting(flag(), { about: "Whether an audit trail is written; without it, only an admin's crossings of tenants." })
  readonly audit_logging: boolean = true;

  @Setting(wholeNumber(1, 36_500), { about: 'Days that entries of the audit trail are kept.' })
  readonly audit_retention_days: number = 400;
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
 * token too. To add a setting, add a property to its section, here or in `section/`; docs/configuration.md is checked against them.
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

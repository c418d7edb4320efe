import { ConfigError } from './config-error';
import { loadConfig } from './load-config';
import { MIRA_SETTINGS, type MiraConfig } from './mira.config';
import { putAt, valueAt } from './setting/known-settings';

/** A good value in its three forms, and values that are wrong in the file and in the environment. */
interface Sample {
  readonly file: unknown;
  readonly text: string;
  /** What the configuration then holds, where it is not what the file says. */
  readonly held?: unknown;
  readonly wrong: readonly unknown[];
  readonly wrongTexts: readonly string[];
}

const flag: Sample = {
  file: false,
  text: 'false',
  wrong: ['false', 0, null, {}, []],
  wrongTexts: ['no', 'FALSE', ' false', '2'],
};

/** Numbers from `least` to `most`: both ends are wrong by one, and so is everything that only looks like a number. */
function wholeNumber(good: number, least: number, most: number): Sample {
  return {
    file: good,
    text: String(good),
    wrong: [least - 1, most + 1, good + 0.5, String(good), true, null, [good]],
    wrongTexts: [String(least - 1), String(most + 1), `${good}.5`, `${good}abc`, ` ${good}`, '1e3', '0x10', 'NaN'],
  };
}

const masterKey = Buffer.alloc(32, 7).toString('base64');

const TOKEN_KEY = `2026:${Buffer.alloc(32, 5).toString('base64')}`;
const OLD_TOKEN_KEY = `2025:${Buffer.alloc(48, 6).toString('base64url')}`;

const SAMPLES: Readonly<Record<string, Sample>> = {
  'auth.jwt_keys': {
    file: [TOKEN_KEY, OLD_TOKEN_KEY],
    text: `${TOKEN_KEY}, ${OLD_TOKEN_KEY}`,
    wrong: [
      '',
      [],
      [1],
      TOKEN_KEY,
      [TOKEN_KEY, TOKEN_KEY],
      ['2026'],
      [`a:${'A'.repeat(42)}`],
      Array(17).fill(TOKEN_KEY),
    ],
    wrongTexts: ['2026', `${TOKEN_KEY},`, `${TOKEN_KEY},${TOKEN_KEY}`],
  },
  'api.rate_limit_enabled': flag,
  'api.rate_limit.max_requests': wholeNumber(100, 1, 1_000_000_000),
  'api.rate_limit.max_anonymous_requests': wholeNumber(10, 1, 1_000_000_000),
  'api.rate_limit.window_seconds': wholeNumber(10, 1, 86_400),
  'webhook.enabled': flag,
  'webhook.host': {
    file: '::1',
    text: 'mira.internal.example',
    held: '::1',
    wrong: [127, null, '', 'localhost:5000', 'http://localhost', '[::1]', '300.1.1.1', 'a b', '-a'],
    wrongTexts: ['0.0.0.0:80', 'a_b', '10.0.0'],
  },
  'webhook.port': wholeNumber(8080, 0, 65_535),
  'webhook.secret_key': {
    file: 'your_secret',
    text: 'your_secret',
    wrong: ['', '   ', 12, false, 'x'.repeat(1025)],
    wrongTexts: ['   ', 'x'.repeat(1025)],
  },
  'webhook.rate_limit_enabled': flag,
  'webhook.max_body_bytes': wholeNumber(2_097_152, 1, 104_857_600),
  'webhook.max_routes': wholeNumber(50, 1, 10_000),
  'webhook.max_replays': wholeNumber(50, 1, 10_000),
  'webhook.retention_days': wholeNumber(30, 0, 36_500),
  'webhook.trust_proxy': {
    file: ['10.0.0.0/8', '::1'],
    text: '10.0.0.0/8, ::1',
    held: ['10.0.0.0/8', '::1/128'],
    wrong: [true, null, -1, 101, 1.5, '1', '10.0.0.0/8', [], ['10.0.0.0/33'], ['loopback'], [1]],
    wrongTexts: ['true', '-1', '101', '10.0.0.0/8,', '10.0.0.0/33', 'loopback', '10.0.0.0/8;::1'],
  },
  'webhook.public_url': {
    file: 'https://hooks.example.com/mira/',
    text: 'https://hooks.example.com/mira',
    held: 'https://hooks.example.com/mira',
    wrong: ['', 'hooks.example.com', 'ftp://a', 'https://', 'https://u:p@a', 'https://a/?b', 'https://a/#b', 1],
    wrongTexts: ['hooks.example.com', 'https:///a', 'https://a b'],
  },
  'webhook.rate_limit.max_requests': wholeNumber(50, 1, 1_000_000_000),
  'webhook.rate_limit.window_seconds': wholeNumber(60, 1, 31_536_000),
  'rbac.enabled': flag,
  'rbac.tenant_isolation': {
    file: true,
    text: '1',
    wrong: [false, null, 'true', 1],
    wrongTexts: ['false', '0', 'yes'],
  },
  'enterprise.usage_tracking': flag,
  'enterprise.audit_logging': flag,
  'enterprise.audit_retention_days': wholeNumber(30, 1, 36_500),
  'database.url': {
    file: 'postgres://mira:pass%40word@db.example:5432/mira?sslmode=require',
    text: 'postgres://mira:pass%40word@db.example:5432/mira?sslmode=require',
    wrong: ['', 'mysql://a/b', 'postgres://', 'postgres://mira:p#w@db/mira', 'postgres://mira:1/2@db/mira', 5432],
    wrongTexts: ['db.example', 'postgres://mira:1?2@db/mira', 'postgres://a b/c'],
  },
  'database.pool_size': wholeNumber(20, 2, 1_000),
  'database.connect_timeout_ms': wholeNumber(500, 100, 60_000),
  'database.statement_timeout_ms': wholeNumber(5_000, 100, 600_000),
  'database.transaction_pooling': { ...flag, file: true, text: 'true' },
  'delivery.concurrency': wholeNumber(8, 1, 1_000),
  'delivery.timeout_ms': wholeNumber(3_000, 100, 600_000),
  'delivery.retry_schedule_seconds': {
    file: [0, 0.5, 60],
    text: '0, 0.5,60',
    wrong: [[], [-1], [2_592_001], ['5'], 5, '5', null, Array<number>(101).fill(1)],
    wrongTexts: ['5s', '0,,5', '-1', '0,5,', 'none'],
  },
  'delivery.retry_jitter': {
    file: 0.5,
    text: '0.5',
    wrong: [-0.1, 0.51, '0.2', null],
    wrongTexts: ['0.51', '20%', '.2', '-0.1'],
  },
  'delivery.probe_first_seconds': {
    file: 0.5,
    text: '0.5',
    wrong: [0, 3_601, '1', null],
    wrongTexts: ['0', '1s', '3601'],
  },
  'delivery.probe_max_seconds': {
    file: 60,
    text: '60',
    wrong: [0, 86_401, '1', null],
    wrongTexts: ['0', '1m', '86401'],
  },
  'delivery.breaker_failures': wholeNumber(10, 1, 1_000),
  'outbound.allow': {
    file: ['10.1.0.0/16', '192.168.0.7', 'fd00::/8'],
    text: '10.1.0.0/16,192.168.0.7,fd00::/8',
    held: ['10.1.0.0/16', '192.168.0.7/32', 'fd00::/8'],
    wrong: ['10.0.0.0/8', [10], ['n8n.internal'], ['10.0.0.0/33'], ['::1/129'], ['fe80::1%eth0'], ['010.0.0.1'], true],
    wrongTexts: ['localhost', '10.0.0.0/', '10.0.0.0/8 ::1', '10.0.0/8', 'none,none'],
  },
  'admin.username': {
    file: 'Zoë Admin',
    text: 'root',
    held: 'Zoë Admin',
    wrong: ['', ' root', 'a\nb', 'x'.repeat(101), null, 1],
    wrongTexts: ['root ', 'x'.repeat(101)],
  },
  'admin.password': { file: 'pass word', text: 'pass word', wrong: ['', ' ', 123456], wrongTexts: ['  '] },
  'metrics.server_timing': { ...flag, file: true, text: 'true' },
  'metrics.token': { file: 'scrape-me', text: 'scrape-me', wrong: ['', 'a b', 'ü', 7], wrongTexts: ['a b', 'a\n'] },
  'log.level': {
    file: 'debug',
    text: 'debug',
    wrong: ['verbose', 'DEBUG', '', null, 30],
    wrongTexts: ['verbose', 'Info'],
  },
  'shutdown.delay_seconds': wholeNumber(4, 0, 300),
  'shutdown.timeout_seconds': wholeNumber(5, 1, 3_600),
  data_dir: { file: '/var/lib/mira', text: '/var/lib/mira', wrong: ['', ' ', 'a\0b', null, 1], wrongTexts: [' '] },
  role: { file: 'worker', text: 'worker', wrong: ['both', '', null, true], wrongTexts: ['both', 'API'] },
  master_key: {
    file: masterKey,
    text: masterKey,
    wrong: ['', 'secret', masterKey.slice(2), `${masterKey}A`, 'f'.repeat(63), 7],
    wrongTexts: ['secret', ` ${masterKey}`, 'g'.repeat(64), Buffer.alloc(31).toString('base64')],
  },
};

const CASES = MIRA_SETTINGS.map((setting) => ({ setting, ...sampleOf(setting.path) }));

/** A database server asks for a key beside it. */
const BESIDE: Readonly<Record<string, Record<string, string>>> = { 'database.url': { MIRA_MASTER_KEY: masterKey } };

describe('every setting', () => {
  it('has a sample, and every sample a setting', () => {
    expect(MIRA_SETTINGS.map(({ path }) => path).toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
  });

  it('has variables of its own', () => {
    const variables = MIRA_SETTINGS.flatMap((setting) => setting.variables);

    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).not.toContain('MIRA_CONFIG');
    expect(variables.filter((name) => name.startsWith('MIRA_TEST_'))).toEqual([]);
  });

  it('has the variable that its path spells', () => {
    const found = new Map(MIRA_SETTINGS.map(({ path, variables }) => [path, variables]));

    expect(found.get('webhook.rate_limit_enabled')).toEqual(['MIRA_WEBHOOK_RATE_LIMIT_ENABLED']);
    expect(found.get('webhook.rate_limit.max_requests')).toEqual(['MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS']);
    expect(found.get('webhook.port')).toEqual(['MIRA_WEBHOOK_PORT', 'PORT']);
    expect(found.get('webhook.host')).toEqual(['MIRA_WEBHOOK_HOST', 'HOST']);
    expect(found.get('database.url')).toEqual(['MIRA_DATABASE_URL', 'DATABASE_URL']);
    expect(found.get('data_dir')).toEqual(['MIRA_DATA_DIR']);
    expect(found.get('role')).toEqual(['MIRA_ROLE']);
    expect(found.get('master_key')).toEqual(['MIRA_MASTER_KEY']);
    expect(found.get('outbound.allow')).toEqual(['MIRA_OUTBOUND_ALLOW']);
    expect(found.get('admin.username')).toEqual(['MIRA_ADMIN_USERNAME']);
    expect(found.get('admin.password')).toEqual(['MIRA_ADMIN_PASSWORD']);
  });
});

describe.each(CASES)('$setting.path', ({ setting, file, text, held, wrong, wrongTexts }) => {
  const [variable = ''] = setting.variables;

  it('is taken from the file', () => {
    const config = load(fileWith(setting.keys, file), BESIDE[setting.path]);

    expect(valueAt(config, setting.keys)).toEqual(held ?? file);
    expect(valueAt(config, setting.keys)).not.toEqual(
      setting.path === 'rbac.tenant_isolation' ? null : setting.defaultValue,
    );
  });

  it.each(setting.variables)('is taken from %s', (name) => {
    const config = load(undefined, { ...BESIDE[setting.path], [name]: text });

    // The environment's text is the same value as the file's, but for texts, which are taken as they are.
    expect(valueAt(config, setting.keys)).toEqual(typeof file === 'string' ? text : (held ?? file));
  });

  it('keeps its default when nothing is set', () => {
    expect(valueAt(load(), setting.keys)).toEqual(setting.defaultValue);
  });

  it.each(wrong.map((value) => [JSON.stringify(value), value]))('refuses %s in the file', (_, value) => {
    const problems = problemsOf(fileWith(setting.keys, value), BESIDE[setting.path]);

    expect(problems[0]).toContain(`${setting.path} (${setting.variables.join(' or ')})`);
    expect(problems[0]).toContain('/srv/mira.config.json: it must be ');
    expect(problems).toHaveLength(1);
  });

  it.each(wrongTexts)('refuses "%s" in the environment', (wrongText) => {
    const problems = problemsOf(undefined, { ...BESIDE[setting.path], [variable]: wrongText });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${setting.path} (${setting.variables.join(' or ')})`);
    expect(problems[0]).toContain(`the environment variable ${variable}: it must be `);
  });
});

function sampleOf(path: string): Sample {
  const sample = SAMPLES[path];
  if (sample === undefined) throw new Error(`Write a sample for ${path}.`);
  return sample;
}

function fileWith(keys: readonly string[], value: unknown): Record<string, unknown> {
  const file: Record<string, unknown> = {};
  putAt(file, keys, value);
  return file;
}

function load(file: unknown = {}, env: Record<string, string> = {}): MiraConfig {
  return loadConfig({ env, cwd: '/srv', readFile: () => JSON.stringify(file) });
}

function problemsOf(file: unknown, env: Record<string, string> = {}): readonly string[] {
  try {
    load(file, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('This configuration was taken.');
}

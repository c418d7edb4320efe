import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error';
import { type ConfigInput, loadConfig, sourceOf } from './load-config';
import type { MiraConfig } from './mira.config';

const KEY = 'a'.repeat(64);

describe('loadConfig', () => {
  it('needs nothing to be set', () => {
    const config = load();

    expect(config.webhook).toMatchObject({ enabled: true, host: '0.0.0.0', port: 5000, secret_key: null });
    expect(config.delivery.retry_schedule_seconds).toEqual([0, 5, 30, 120, 600, 1800, 7200, 21600, 57600, 172800]);
  });

  it('takes the documented file', () => {
    const config = load({
      webhook: { enabled: true, host: '0.0.0.0', port: 5000, secret_key: 'your_secret', rate_limit_enabled: true },
      rbac: { enabled: true, tenant_isolation: true },
      enterprise: { usage_tracking: true, audit_logging: true },
    });

    expect(config.webhook.secret_key).toBe('your_secret');
  });

  it('cannot be changed afterwards', () => {
    const config = load({ outbound: { allow: ['10.0.0.0/8'] } });

    expect([config, config.webhook, config.webhook.rate_limit, config.outbound.allow].every(Object.isFrozen)).toBe(
      true,
    );
  });

  it('leaves the defaults of the next one alone', () => {
    load({ webhook: { port: 1, rate_limit: { max_requests: 1 } } }, { MIRA_OUTBOUND_ALLOW: 'none' });

    expect(load().webhook).toMatchObject({ port: 5000, rate_limit: { max_requests: 10_000 } });
    expect(load().outbound.allow).toEqual(['127.0.0.0/8', '::1/128']);
  });

  describe('which value wins', () => {
    const file = { webhook: { port: 7001, host: '127.0.0.1' } };

    it('is the environment over the file over the default', () => {
      const config = load(file, { MIRA_WEBHOOK_PORT: '7002' });

      expect(config.webhook).toMatchObject({ port: 7002, host: '127.0.0.1', max_body_bytes: 1_048_576 });
      expect(sourceOf(config, 'webhook.port')).toEqual({ kind: 'environment', variable: 'MIRA_WEBHOOK_PORT' });
      expect(sourceOf(config, 'webhook.host')).toEqual({ kind: 'file', path: '/srv/mira.config.json' });
      expect(sourceOf(config, 'webhook.max_body_bytes')).toEqual({ kind: 'default' });
    });

    it('is the MIRA_ variable over the customary one, and the customary one over the file', () => {
      expect(load(file, { PORT: '7003', MIRA_WEBHOOK_PORT: '7002' }).webhook.port).toBe(7002);
      expect(load(file, { PORT: '7003' }).webhook.port).toBe(7003);
    });

    it('is the only one that is looked at', () => {
      expect(load({ webhook: { port: 'wrong' } }, { PORT: 'wrong', MIRA_WEBHOOK_PORT: '1' }).webhook.port).toBe(1);
    });

    it('is never an empty variable', () => {
      expect(load(file, { MIRA_WEBHOOK_PORT: '', PORT: '', MIRA_UNKNOWN: '' }).webhook.port).toBe(7001);
      expect(load(file, { MIRA_WEBHOOK_PORT: '', PORT: '7003' }).webhook.port).toBe(7003);
    });
  });

  describe('the trusted proxies', () => {
    it('are nobody, a number or networks', () => {
      expect(load({}, { MIRA_WEBHOOK_TRUST_PROXY: 'false' }).webhook.trust_proxy).toBe(false);
      expect(load({}, { MIRA_WEBHOOK_TRUST_PROXY: '0' }).webhook.trust_proxy).toBe(false);
      expect(load({}, { MIRA_WEBHOOK_TRUST_PROXY: '1' }).webhook.trust_proxy).toBe(1);
      expect(load({ webhook: { trust_proxy: 2 } }).webhook.trust_proxy).toBe(2);
    });

    it('are never everyone, and the message says why', () => {
      expect(messageOf({}, { MIRA_WEBHOOK_TRUST_PROXY: 'true' })).toContain('escape the rate limit');
    });
  });

  describe('the networks that deliveries may reach', () => {
    const server = { DATABASE_URL: 'postgres://db/mira', MIRA_MASTER_KEY: KEY };

    it('are the loopback networks beside the embedded database and none beside a server', () => {
      expect(load().outbound.allow).toEqual(['127.0.0.0/8', '::1/128']);
      expect(load({}, server).outbound.allow).toEqual([]);
    });

    it('are what is set, whatever the database', () => {
      const file = { outbound: { allow: ['10.0.0.0/8'] } };

      expect(load(file).outbound.allow).toEqual(['10.0.0.0/8']);
      expect(load(file, server).outbound.allow).toEqual(['10.0.0.0/8']);
      expect(load(file, { MIRA_OUTBOUND_ALLOW: 'none' }).outbound.allow).toEqual([]);
    });

    it('are the default again with null in the file', () => {
      const file = { outbound: { allow: null } };

      expect(load(file).outbound.allow).toEqual(['127.0.0.0/8', '::1/128']);
      expect(load(file, server).outbound.allow).toEqual([]);
    });
  });

  it('asks for a master key beside a database server', () => {
    const message = messageOf({ database: { url: 'postgres://db/mira' }, master_key: null });

    expect(message).toContain('master_key (MIRA_MASTER_KEY) is not set, but database.url is');
    expect(message).toContain('openssl rand -base64 32');
    expect(load({}, { DATABASE_URL: 'postgres://db/mira', MIRA_MASTER_KEY: KEY }).master_key).toBe(KEY);
  });

  it('says why tenants cannot share their rows', () => {
    expect(messageOf({ rbac: { tenant_isolation: false } })).toContain('is what keeps tenants apart');
  });

  it('names everything that is wrong at once', () => {
    const problems = problemsOf(
      { webhook: { port: 'x', prot: 1 }, rbac: [], log: { level: 'loud' } },
      { MIRA_ROEL: 'all', MIRA_DELIVERY_CONCURRENCY: '0', DATABASE_URL: 'postgres://db/mira' },
    );

    expect(problems).toEqual([
      'webhook.prot in /srv/mira.config.json is unknown; the nearest known setting is webhook.port (MIRA_WEBHOOK_PORT or PORT).',
      'rbac in /srv/mira.config.json must be an object with settings: { … }.',
      'MIRA_ROEL in the environment is unknown; the nearest known variable is MIRA_ROLE (role).',
      'webhook.port (MIRA_WEBHOOK_PORT or PORT) is "x", from /srv/mira.config.json: it must be a whole number from 0 to 65535.',
      'delivery.concurrency (MIRA_DELIVERY_CONCURRENCY) is 0, from the environment variable MIRA_DELIVERY_CONCURRENCY: it must be a whole number from 1 to 1000.',
      'log.level (MIRA_LOG_LEVEL) is "loud", from /srv/mira.config.json: it must be one of fatal, error, warn, info, debug, trace, silent.',
      expect.stringContaining('master_key (MIRA_MASTER_KEY) is not set'),
    ]);
    expect(messageOf({ webhook: { port: 'x' } })).toMatch(
      /^Mira's configuration has one mistake:\n {2}- webhook\.port/,
    );
  });

  it('tells a wrong PORT by the name it was given under', () => {
    expect(messageOf({}, { PORT: '12abc' })).toContain('is "12abc", from the environment variable PORT');
  });

  describe('a name it does not know', () => {
    it.each([
      [{ webhok: { port: 1 } }, 'webhok', 'the section webhook'],
      [{ port: 80 }, 'port', 'webhook.port (MIRA_WEBHOOK_PORT or PORT)'],
      [{ webhook: { secretKey: 'x' } }, 'webhook.secretKey', 'webhook.secret_key (MIRA_WEBHOOK_SECRET_KEY)'],
      [{ webhook: { rate_limit: { max: 1 } } }, 'webhook.rate_limit.max', 'webhook.rate_limit.max_requests'],
      [{ 'webhook.port': 80 }, '"webhook.port"', 'webhook.port (MIRA_WEBHOOK_PORT or PORT)'],
      [{ 'a\nb': 1 }, String.raw`"a\nb"`, ''],
    ])('is shown with the nearest it knows: %j', (file, name, meant) => {
      const problems = problemsOf(file);

      expect(problems).toHaveLength(1);
      expect(problems[0]?.startsWith(`${name} in /srv/mira.config.json is unknown`)).toBe(true);
      expect(problems[0]).toContain(meant);
    });

    it.each([
      ['MIRA_WEBHOOK_RATELIMIT_ENABLED', 'MIRA_WEBHOOK_RATE_LIMIT_ENABLED (webhook.rate_limit_enabled)'],
      ['MIRA_PORT', 'MIRA_WEBHOOK_PORT (webhook.port)'],
      ['MIRA_SECRET_KEY', 'MIRA_WEBHOOK_SECRET_KEY (webhook.secret_key)'],
      ['MIRA_CONFG', 'MIRA_CONFIG (the path of the JSON file)'],
    ])('is shown with the nearest variable: %s', (name, meant) => {
      expect(problemsOf({}, { [name]: 'x' })).toEqual([
        `${name} in the environment is unknown; the nearest known variable is ${meant}.`,
      ]);
    });

    it('cannot reach the prototype of anything', () => {
      const text = '{ "__proto__": { "port": 1 }, "constructor": 1, "webhook": { "__proto__": { "enabled": false } } }';

      expect(problemsFrom({ env: {}, cwd: '/srv', readFile: () => text })).toHaveLength(3);
    });

    it('may belong to the tests, to Kubernetes or to somebody else', () => {
      const env = {
        MIRA_TEST_DATABASE_URL: 'postgres://db/test',
        MIRA_WEBHOOK_SERVICE_HOST: '10.0.0.7',
        MIRA_WEBHOOK_SERVICE_PORT: '5000',
        MIRA_WEBHOOK_PORT: 'tcp://10.0.0.7:5000',
        N8N_PORT: '5678',
        PATH: '/bin',
      };

      expect(load({}, env).webhook.port).toBe(5000);
    });
  });

  describe('the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mira-config-'));
    const other = join(folder, 'other.json');
    const broken = join(folder, 'broken.json');
    writeFileSync(join(folder, 'mira.config.json'), '\uFEFF{ "webhook": { "port": 7001 } }');
    writeFileSync(other, '{ "webhook": { "port": 7002 } }');
    writeFileSync(broken, '{ "webhook": {\n  "secret_key": "hush-hush",\n  "port": tru\n} }');

    afterAll(() => rmSync(folder, { recursive: true }));

    it('is mira.config.json of the working directory, which need not be there', () => {
      expect(loadConfig({ env: {}, cwd: folder }).webhook.port).toBe(7001);
      expect(loadConfig({ env: {}, cwd: join(folder, 'nowhere') }).webhook.port).toBe(5000);
    });

    it('is the one that MIRA_CONFIG names, seen from the working directory, and this one must be there', () => {
      expect(loadConfig({ env: { MIRA_CONFIG: 'other.json' }, cwd: folder }).webhook.port).toBe(7002);
      expect(loadConfig({ env: { MIRA_CONFIG: other }, cwd: '/' }).webhook.port).toBe(7002);
      expect(loadConfig({ env: { MIRA_CONFIG: '' }, cwd: folder }).webhook.port).toBe(7001);
      expect(problemsFrom({ env: { MIRA_CONFIG: 'no.json' }, cwd: folder })).toEqual([
        `MIRA_CONFIG names ${join(folder, 'no.json')}, but there is no such file.`,
      ]);
    });

    it('is refused when it cannot be read, and the environment is looked at all the same', () => {
      expect(problemsFrom({ env: { MIRA_CONFIG: folder, PORT: 'x' }, cwd: '/' })).toEqual([
        `${folder} cannot be read (EISDIR).`,
        expect.stringContaining('webhook.port'),
      ]);
    });

    it('is refused when it is not JSON, with the place and without what stands there', () => {
      const [problem] = problemsFrom({ env: { MIRA_CONFIG: broken }, cwd: '/' });

      expect(problem).toContain(`${broken} is not JSON: see line 3, column 11.`);
      expect(problem).not.toContain('hush');
    });

    it.each(['[]', 'null', '"text"', '5'])('is refused when it holds %s', (text) => {
      expect(problemsFrom({ env: {}, cwd: '/srv', readFile: () => text })).toEqual([
        '/srv/mira.config.json must hold a JSON object: { … }.',
      ]);
    });
  });

  it('never repeats a secret that is wrong', () => {
    const secret = 'hush hush';
    const file = {
      webhook: { secret_key: [secret], secret_kee: secret, public_url: `https://mira:${secret}@example.com` },
      database: { url: `mysql://mira:${secret}@db/mira` },
      admin: { password: { is: secret } },
      metrics: { token: secret },
      master_key: secret,
      admn: { password: secret },
    };
    const env = {
      MIRA_WEBHOOK_PUBLIC_URL: `https://mira:${secret}@example.com`,
      DATABASE_URL: `postgres://mira:1/${secret}@db/mira`,
      MIRA_METRICS_TOKEN: secret,
      MIRA_MASTER_KEY: secret,
      MIRA_ADMIN_PASSWORT: secret,
    };

    expect(problemsOf(file)).toHaveLength(8);
    expect(messageOf(file)).not.toContain('hush');
    expect(problemsOf({}, env)).toHaveLength(5);
    expect(messageOf({}, env)).not.toContain('hush');
  });
});

function load(file: unknown = {}, env: Record<string, string> = {}): MiraConfig {
  return loadConfig({ env, cwd: '/srv', readFile: () => JSON.stringify(file) });
}

function problemsOf(file: unknown, env: Record<string, string> = {}): readonly string[] {
  return errorFrom({ env, cwd: '/srv', readFile: () => JSON.stringify(file) }).problems;
}

function messageOf(file: unknown, env: Record<string, string> = {}): string {
  return errorFrom({ env, cwd: '/srv', readFile: () => JSON.stringify(file) }).message;
}

function problemsFrom(input: ConfigInput): readonly string[] {
  return errorFrom(input).problems;
}

function errorFrom(input: ConfigInput): ConfigError {
  try {
    loadConfig(input);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('This configuration was taken.');
}

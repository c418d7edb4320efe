import { describeConfig } from './describe-config';
import { loadConfig } from './load-config';
import { MIRA_SETTINGS, MiraConfig } from './mira.config';
import { printConfig } from './print';

const SECRETS = {
  MIRA_WEBHOOK_SECRET_KEY: 'hush-webhook',
  MIRA_ADMIN_PASSWORD: 'hush-admin',
  MIRA_METRICS_TOKEN: 'hush-metrics',
  MIRA_MASTER_KEY: '4465'.repeat(16),
  DATABASE_URL: 'postgres://mira:hush-database@db.example/mira?sslmode=require&password=hush-query',
};

function withSecrets(): MiraConfig {
  return loadConfig({ env: SECRETS, cwd: '/srv', readFile: () => '{ "webhook": { "port": 7001 } }' });
}

describe('describeConfig', () => {
  it('tells of every setting what is in force and where it came from', () => {
    const described = new Map(describeConfig(withSecrets()).map((setting) => [setting.path, setting]));

    expect([...described.keys()]).toEqual(MIRA_SETTINGS.map(({ path }) => path));
    expect(described.get('webhook.port')).toEqual({
      path: 'webhook.port',
      variable: 'MIRA_WEBHOOK_PORT',
      value: 7001,
      source: 'file',
      from: '/srv/mira.config.json',
    });
    expect(described.get('database.url')).toMatchObject({
      source: 'environment',
      from: 'the environment variable DATABASE_URL',
    });
    expect(described.get('outbound.allow')).toMatchObject({ value: [], source: 'default', from: 'the defaults' });
  });

  it('shows of secrets only whether they are set', () => {
    const secrets = (config: MiraConfig) =>
      describeConfig(config).flatMap(({ path, value }) =>
        MIRA_SETTINGS.some((setting) => setting.path === path && setting.secret) ? [[path, value]] : [],
      );

    expect(secrets(withSecrets())).toEqual([
      ['webhook.secret_key', '(hidden)'],
      ['auth.jwt_keys', '(not set)'],
      ['database.url', 'postgres://mira:(hidden)@db.example/mira?sslmode=require&password=(hidden)'],
      ['admin.password', '(hidden)'],
      ['metrics.token', '(hidden)'],
      ['master_key', '(hidden)'],
    ]);
    expect(secrets(new MiraConfig()).map(([, value]) => value)).toEqual(Array<string>(6).fill('(not set)'));
  });
});

describe('npm run config:print', () => {
  it('prints what is in force in the shape of the file', () => {
    const { exitCode, out, err } = printConfig([], withSecrets);

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      webhook: { port: 7001, secret_key: '(hidden)', rate_limit: { max_requests: 10_000 } },
      role: 'all',
    });
  });

  it('prints the sources on demand', () => {
    const { out } = printConfig(['--sources'], withSecrets);

    expect(JSON.parse(out)).toMatchObject({
      'webhook.port': { value: 7001, source: 'file', from: '/srv/mira.config.json' },
      'webhook.host': { value: '0.0.0.0', source: 'default' },
      master_key: { value: '(hidden)', source: 'environment', from: 'the environment variable MIRA_MASTER_KEY' },
    });
  });

  it.each([[], ['--sources']])('prints no secret (%s)', (...args) => {
    const { out } = printConfig(args, withSecrets);

    expect(out).not.toContain('hush');
    expect(out).not.toContain('4465');
  });

  it('fails with the message when the configuration is wrong', () => {
    const { exitCode, out, err } = printConfig([], () => loadConfig({ env: { PORT: 'x' }, cwd: '/nowhere' }));

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain('webhook.port (MIRA_WEBHOOK_PORT or PORT) is "x"');
  });

  it.each([[['--all']], [['--sources', '--table']]])('explains itself to %j', (args) => {
    expect(printConfig(args, withSecrets)).toMatchObject({
      exitCode: 1,
      out: '',
      err: expect.stringContaining('Usage:'),
    });
  });
});

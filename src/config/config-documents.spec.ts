import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from './describe-config';
import { loadConfig } from './load-config';
import { MIRA_SETTINGS, MiraConfig } from './mira.config';
import { valueAt } from './setting/known-settings';

const root = join(__dirname, '../..');
const example = readFileSync(join(root, 'mira.config.example.json'), 'utf8');
const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');

describe('docs/configuration.md', () => {
  it('has the table of all settings as they are (npm run config:print -- --table prints it)', () => {
    const [, table] = /<!-- settings -->\n\n([^]*?)\n\n<!-- \/settings -->/.exec(page) ?? [];

    expect(table).toBe(settingsTable());
  });

  it('has files that are valid', () => {
    const files = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text = '']) => text);

    expect(files).not.toHaveLength(0);
    for (const text of files) expect(() => loadConfig({ env: {}, cwd: '/srv', readFile: () => text })).not.toThrow();
  });

  it('shows the message that is really given', () => {
    const wrong = () => loadConfig({ env: { PORT: '12abc', MIRA_WEBHOK_ENABLED: '0' }, cwd: '/nowhere' });
    const [, message = ''] = /```\n(Mira's configuration has[^]*?)\n```/.exec(page) ?? [];

    expect(message).not.toBe('');
    expect(wrong).toThrow(new Error(message));
  });
});

describe('mira.config.example.json', () => {
  it('has every setting, and nothing but defaults', () => {
    const json: unknown = JSON.parse(example);

    expect(MIRA_SETTINGS.filter(({ keys }) => valueAt(json, keys) === undefined)).toEqual([]);
    expect(loadConfig({ env: {}, cwd: '/srv', readFile: () => example })).toEqual(new MiraConfig());
  });
});

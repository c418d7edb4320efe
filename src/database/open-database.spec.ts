import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../config/start-error';
import { MasterKeyError } from './master-key';
import { checkTenantRole, checkVersion, masterKeyFor } from './open-database';
import { SecretCipher } from './secret.cipher';

const KEY = Buffer.alloc(32, 7);
const OTHER_KEY = Buffer.alloc(32, 9);

function sealedUnder(key: Buffer) {
  const place = { tenantId: 'a tenant', table: 'integrations', rowId: 'a row', column: 'signing_secret' };
  return { sealed: new SecretCipher(key).seal('a secret', place), place };
}

describe('the master key of a start', () => {
  let data_dir: string;
  let file: string;
  beforeEach(() => {
    data_dir = mkdtempSync(join(tmpdir(), 'mira-key-'));
    file = join(data_dir, 'master.key');
  });
  afterEach(() => rmSync(data_dir, { recursive: true, force: true }));

  const configured = (key: Buffer | null) => ({ data_dir, master_key: key && key.toString('base64') });

  it('is the configured one before that of the data folder, and none is made beside it', () => {
    expect(masterKeyFor(configured(KEY), [sealedUnder(KEY)])).toEqual(KEY);
    expect(existsSync(file)).toBe(false);
  });

  it('is made where nothing is sealed yet, for this user alone, and is the same the next time', () => {
    const made = masterKeyFor(configured(null), []);
    expect(made).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(masterKeyFor(configured(null), [sealedUnder(made)])).toEqual(made);
  });

  it('is refused where it does not open what is sealed', () => {
    expect(() => masterKeyFor(configured(OTHER_KEY), [sealedUnder(KEY)])).toThrow(MasterKeyError);
  });

  it('is not made anew where something is sealed under a lost one', () => {
    expect(() => masterKeyFor(configured(null), [sealedUnder(KEY)])).toThrow(MasterKeyError);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['and may be taken away while nothing is sealed', [], /holds no master key .*\n.*take the file away/],
    ['and must be put back when something is', [sealedUnder(KEY)], /holds no master key .*\n.*from a copy/],
  ])('is not guessed from a corrupt file, %s', (_case, samples, like) => {
    writeFileSync(file, 'garbage that may be half a key\n');
    expect(() => masterKeyFor(configured(null), samples)).toThrow(StartError);
    expect(() => masterKeyFor(configured(null), samples)).toThrow(like);
    expect(() => masterKeyFor(configured(null), samples)).not.toThrow(/garbage/);
    expect(readFileSync(file, 'utf8')).toContain('garbage');
  });

  it('is named by its file where that cannot be read', () => {
    mkdirSync(file);
    expect(() => masterKeyFor(configured(null), [])).toThrow(StartError);
    expect(() => masterKeyFor(configured(null), [])).toThrow(/master\.key cannot be read.*MIRA_MASTER_KEY/s);
  });
});

describe('the version of a server', () => {
  const check = (version: string) =>
    checkVersion({ query: async () => [{ server_version_num: version }] as never }, 'postgres://u:secret@host/db');

  it.each(['150000', '150020', '180001'])('%s is taken', async (version) => {
    await expect(check(version)).resolves.toBeUndefined();
  });

  it('before 15 is refused', async () => {
    await expect(check('140020')).rejects.toThrow(/PostgreSQL 14\.20\.\nMira needs PostgreSQL 15 or later/);
  });
});

describe('the role of tenants', () => {
  const URL_OF_SERVER = 'postgres://mira:secret@host/db';
  const check = (answer: () => Promise<unknown>) => {
    const query = (text: string) => (text.startsWith('DO') ? answer() : Promise.resolve([{ user: 'mira' }]));
    return checkTenantRole({ query: query as never }, URL_OF_SERVER);
  };
  const failing = (code: string) => () => Promise.reject(Object.assign(new Error('said by the server'), { code }));

  it('is taken where this user may', async () => {
    await expect(check(async () => [])).resolves.toBeUndefined();
  });

  it.each(['42501', '22023'])('stops the start where it cannot be, with what to do (%s)', async (code) => {
    await expect(check(failing(code))).rejects.toThrow(StartError);
    await expect(check(failing(code))).rejects.toThrow(/mira_tenant.*\n.*GRANT mira_tenant TO mira;/);
    await expect(check(failing(code))).rejects.not.toThrow(/secret/);
  });

  it('is not what is wrong with a server that goes away', async () => {
    await expect(check(failing('57P01'))).rejects.toThrow('said by the server');
  });
});

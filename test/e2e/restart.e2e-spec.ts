import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolderInUseError } from '../../src/database/embedded/data-folder.lock';
import { startMira } from '../../src/mira';
import { welcome } from '../../src/welcome';
import { kinds, scratchDatabase } from '../support/databases';
import { aRouteTo, deliveryOf } from '../support/deliveries';
import { startTestMira, testConfig, type TestMira } from '../support/mira';
import { Receiver } from '../support/receiver';
import { signedAsGithub } from '../support/signed';

describe.each(kinds())('a second start (%s database)', (kind) => {
  let mira: TestMira;
  beforeAll(async () => {
    mira = await startTestMira(kind);
  });
  afterAll(async () => {
    await mira?.stop();
  });

  it('keeps all there is, and tells nobody a credential again', async () => {
    const receiver = await Receiver.start();
    try {
      const { path, secret, id } = await mira.createEndpoint('github');
      const { push } = await aRouteTo(mira, receiver.url);
      const stored = (await mira.send(path, '{"a":1}', signedAsGithub('{"a":1}', secret, { delivery: 'one' }))).json[
        'id'
      ];
      const delivered = (await push()).json['id'];
      await deliveryOf(mira, delivered, { status: 'accepted' });
      const shown = welcome(mira.mira, mira.config);
      expect(shown).toContain(mira.apiKey);
      expect(shown).toMatch(/password {2}\S{20,}/);
      const before = await mira.rows();

      for (let start = 2; start <= 3; start++) {
        await mira.restart();
        expect(mira.mira.firstCredentials).toBeNull();
        const text = welcome(mira.mira, mira.config);
        expect(text).toContain(mira.url);
        expect(text).not.toMatch(/mira_|password|API key/);
      }

      expect(await mira.rows()).toEqual(before);
      expect((await mira.get(`/api/v1/events/${String(stored)}/body`)).body.toString()).toBe('{"a":1}');
      expect((await mira.get(`/api/v1/webhook-endpoints/${id}`)).status).toBe(200);
      // The sealed secrets can still be opened, the dedup key is still known, the route still leads on.
      const again = await mira.send(path, '{"a":1}', signedAsGithub('{"a":1}', secret, { delivery: 'one' }));
      expect(again).toMatchObject({ status: 200, json: { id: stored, duplicate: true } });
      await deliveryOf(mira, (await push('{"n":2}')).json['id'], { status: 'accepted' });
      expect(await mira.sql('SELECT count(*)::int AS count FROM tenants')).toEqual([{ count: 1 }]);
    } finally {
      await receiver.stop();
    }
  });

  it('goes on with what waited', async () => {
    const receiver = await Receiver.start();
    try {
      await mira.restart();
      const { push } = await aRouteTo(mira, receiver.url);
      // Nobody delivers while this process only answers.
      await mira.restart({ MIRA_ROLE: 'api' });
      const { json } = await push();
      expect(json['status']).toBe('accepted');
      await mira.restart({});
      await deliveryOf(mira, json['id'], { status: 'accepted', attempt_count: 1 });
      expect(receiver.calls).toHaveLength(1);
    } finally {
      await receiver.stop();
    }
  });
});

describe('a data folder', () => {
  it('is refused to a second process while the first has it, with what to do, and harms nothing', async () => {
    const mira = await startTestMira('embedded', { MIRA_MASTER_KEY: undefined });
    try {
      const second = startMira(mira.config, () => undefined);
      await expect(second).rejects.toThrow(DataFolderInUseError);
      await expect(second).rejects.toThrow(/is in use by another Mira process.*MIRA_DATA_DIR/s);
      expect((await mira.post('/webhook/generic', {})).status).toBe(202);
      await mira.restart();
      expect((await mira.post('/webhook/generic', {})).status).toBe(202);
    } finally {
      await mira.stop();
    }
  });

  it('and the key in it can be read by nobody else', async () => {
    const database = await scratchDatabase('embedded');
    const folder = 'data_dir' in database.settings ? database.settings.data_dir : '';
    const mira = await startTestMira(
      'embedded',
      { MIRA_MASTER_KEY: undefined, MIRA_DATA_DIR: join(folder, 'new') },
      database,
    );
    try {
      const made = join(folder, 'new');
      expect(statSync(made).mode & 0o777).toBe(0o700);
      const keys = readdirSync(made).filter((name) => name.includes('key'));
      expect(keys).toHaveLength(1);
      expect(statSync(join(made, keys[0] ?? '')).mode & 0o777).toBe(0o600);
      // The next start has the same key, and so opens what is sealed.
      const { path, secret } = await mira.createEndpoint('github');
      await mira.restart();
      expect((await mira.send(path, '{}', signedAsGithub('{}', secret))).status).toBe(202);
    } finally {
      await mira.stop();
    }
  });

  it('does not start with another master key, nor makes a new one for what is sealed under a lost one', async () => {
    const database = await scratchDatabase('embedded');
    const folder = 'data_dir' in database.settings ? database.settings.data_dir : '';
    const first = await startMira(testConfig(database, { MIRA_MASTER_KEY: undefined }), () => undefined);
    try {
      const answer = await fetch(`${first.url}/api/v1/webhook-endpoints`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': first.firstCredentials?.apiKey ?? '' },
        body: JSON.stringify({ service: 'github', name: 'sealed' }),
      });
      expect(answer.status).toBe(201);
    } finally {
      await first.stop();
    }
    try {
      const wrong = testConfig(database, { MIRA_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') });
      await expect(startMira(wrong, () => undefined)).rejects.toThrow(/not the right one.*MIRA_MASTER_KEY/s);
      const key = join(folder, 'master.key');
      renameSync(key, `${key}.away`);
      const without = testConfig(database, { MIRA_MASTER_KEY: undefined });
      await expect(startMira(without, () => undefined)).rejects.toThrow(/master\.key is missing/);
      expect(existsSync(key)).toBe(false);
      renameSync(`${key}.away`, key);
      await (await startMira(without, () => undefined)).stop();
    } finally {
      await database.drop();
    }
  });

  it('takes the admin that the configuration names, and shows no password that it was given', async () => {
    const mira = await startTestMira('embedded', {
      MIRA_ADMIN_USERNAME: 'root',
      MIRA_ADMIN_PASSWORD: 'a good password',
    });
    try {
      const shown = welcome(mira.mira, mira.config);
      expect(shown).toContain('root');
      expect(shown).not.toContain('a good password');
      expect(mira.mira.firstCredentials).toMatchObject({ username: 'root', password: null });
    } finally {
      await mira.stop();
    }
  });

  it('that cannot be made is named in the failure', async () => {
    const database = await scratchDatabase('embedded');
    try {
      const config = testConfig(database, { MIRA_DATA_DIR: '/proc/mira' });
      await expect(startMira(config, () => undefined)).rejects.toThrow(/\/proc\/mira/);
    } finally {
      await database.drop();
    }
  });
});

if (kinds().includes('server')) {
  it('two first starts at the same moment on one server make one tenant', async () => {
    const database = await scratchDatabase('server');
    const config = testConfig(database);
    const started = await Promise.allSettled([startMira(config, () => undefined), startMira(config, () => undefined)]);
    const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    try {
      expect(started.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([]);
      expect(running.filter(({ firstCredentials }) => firstCredentials)).toHaveLength(1);
    } finally {
      for (const one of running) await one.stop();
      await database.drop();
    }
  });
}

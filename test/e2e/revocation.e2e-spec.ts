import { type RunningMira, startMira } from '../../src/mira';
import { testServerUrl } from '../support/databases';
import { startTestMira, type TestMira, testConfig } from '../support/mira';
import { aPerson, bearer, refresh, signedIn, signIn, tokensIn } from '../support/people';

function twoProcesses(): void {
  let here: TestMira;
  let there: RunningMira;

  beforeAll(async () => {
    here = await startTestMira('server');
    there = await startMira(testConfig(here.database), () => undefined);
  });
  afterAll(async () => {
    await there.stop();
    await here.stop();
  });

  /** Keeps asking the other one, so that what it remembers is always as fresh as can be; returns how to stop. */
  function busyThere(credential: string): () => Promise<void> {
    let stopped = false;
    const asking = (async () => {
      while (!stopped) await statusThere(credential);
    })();
    return () => {
      stopped = true;
      return asking;
    };
  }

  async function statusThere(credential: string): Promise<number> {
    const answer = await fetch(`${there.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${credential}` } });
    await answer.arrayBuffer();
    return answer.status;
  }

  it('both stop taking a deleted key the moment that the one has answered', async () => {
    const { apiKey } = await aPerson(here, 'user');
    for (let round = 0; round < 3; round++) {
      const { json } = await here.post('/api/v1/api-keys', { name: 'k' }, { apiKey });
      const key = String(json['key']);
      expect(await statusThere(key)).toBe(200);
      const stop = busyThere(key);
      const path = `/api/v1/api-keys/${String(json['id'])}`;
      expect((await here.call('DELETE', path, undefined, { apiKey })).status).toBe(204);
      expect(await statusThere(key)).toBe(401);
      await stop();
    }
  });

  it('both stop taking an access token the moment that the one has answered the sign-out', async () => {
    const ada = await aPerson(here, 'user');
    const { access, refresh: token } = await signedIn(here, ada);
    expect(await statusThere(access)).toBe(200);
    const stop = busyThere(access);
    expect((await here.post('/api/v1/auth/logout-all', {}, bearer(access))).status).toBe(204);
    expect(await statusThere(access)).toBe(401);
    await stop();
    expect((await refresh(here, token)).status).toBe(401);
  });

  it('take the tokens of each other', async () => {
    const { access } = tokensIn(await signIn(here, (await aPerson(here, 'user')).username));
    expect(await statusThere(access)).toBe(200);
  });

  it('count failed sign-ins together', async () => {
    const { username } = await aPerson(here, 'user');
    const failThere = async () => {
      const answer = await fetch(`${there.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password: 'wrong' }),
      });
      return answer.status;
    };
    for (let i = 0; i < 5; i++) expect(await failThere()).toBe(401);
    expect((await signIn(here, username)).status).toBe(429);
  });
}

// The embedded database has one process alone.
if (testServerUrl) {
  describe('two processes on one database server', twoProcesses);
} else {
  it('two processes on one database were left out: it takes a server, see MIRA_TEST_DATABASE_URL', () => {
    expect(testServerUrl).toBeUndefined();
  });
}

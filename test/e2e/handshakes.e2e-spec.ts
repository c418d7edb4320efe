import { newId } from '../../src/database/new-id';
import { describeMira } from '../support/mira';
import { signedAsSlack, signedAsTrello } from '../support/signed';

const QUESTION = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aB-é', token: 'of old' });

describeMira("slack's question whether somebody listens", (mira) => {
  const used = async () =>
    JSON.stringify(await mira().sql('SELECT * FROM usage_counters WHERE metric = $1', ['webhooks_received']));

  it('is answered as often as it is asked, and nothing of it is stored or counted', async () => {
    const { path, secret } = await mira().createEndpoint('slack');
    const [rows, usage] = [await mira().rows(), await used()];
    const signed = signedAsSlack(QUESTION, secret);
    for (const headers of [signed, signed, signedAsSlack(QUESTION, secret)]) {
      const answer = await mira().send(path, QUESTION, headers);
      expect([answer.status, answer.json]).toEqual([200, { challenge: '3eZbrw1aB-é' }]);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    }
    expect([await mira().rows(), await used()]).toEqual([rows, usage]);
  });

  it('is not answered to somebody who does not know the secret, or asks too late', async () => {
    const { path, secret } = await mira().createEndpoint('slack');
    const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
    for (const headers of [signedAsSlack(QUESTION, `${secret}x`), signedAsSlack(QUESTION, secret, hourAgo)]) {
      const answer = await mira().send(path, QUESTION, headers);
      expect(answer).toMatchObject({ status: 403, json: { error: 'Invalid signature' } });
      expect(answer.body.toString()).not.toContain('3eZbrw1aB');
    }
    const answer = await mira().send(path, QUESTION);
    expect([answer.status, answer.body.includes('3eZbrw1aB')]).toEqual([401, false]);
  });

  it('is answered though the quota of the day is used up', async () => {
    const { tenantId, apiKey } = await mira().addTenant();
    await mira().sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_webhooks_per_day', 0)`, [
      tenantId,
    ]);
    const call = { apiKey };
    const made = await mira().post('/api/v1/webhook-endpoints', { service: 'slack', name: 'over quota' }, call);
    const { url, secret } = made.json as { url: string; secret: string };
    const send = (body: string) => mira().send(new URL(url).pathname, body, signedAsSlack(body, secret));
    expect((await send('{"type":"event_callback"}')).status).toBe(429);
    expect((await send(QUESTION)).status).toBe(200);
  });

  it('is answered to the holder of an API key', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await mira().call('POST', '/webhook/slack', QUESTION, { headers });
    expect([answer.status, answer.json]).toEqual([200, { challenge: '3eZbrw1aB-é' }]);
  });

  it('is an event like any other where another service asks it', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await mira().call('POST', '/webhook/generic', QUESTION, { headers })).status).toBe(202);
  });
});

describeMira("trello's look whether an address is there", (mira) => {
  const seen = async (path: string) => {
    const [head, get] = [await mira().call('HEAD', path, undefined, { apiKey: null }), await mira().call('GET', path)];
    expect(head.body).toHaveLength(0);
    expect(head.status).toBe(get.status);
    return get;
  };

  it('finds an endpoint that is enabled, without a proof, and nothing is stored', async () => {
    const { path } = await mira().createEndpoint('trello');
    const before = await mira().rows();
    expect(await seen(path)).toMatchObject({ status: 200, json: {} });
    expect((await seen(`${path}?board=7`)).status).toBe(200);
    expect(await mira().rows()).toEqual(before);
  });

  it('finds none that is not there, is disabled, or is of another service', async () => {
    const disabled = await mira().createEndpoint('trello', { enabled: false });
    const github = await mira().createEndpoint('github');
    for (const path of [
      `/webhook/trello/${newId()}`,
      '/webhook/trello/none',
      disabled.path,
      github.path.replace('github', 'trello'),
    ]) {
      expect(await seen(path)).toMatchObject({ status: 404, json: { type: 'urn:mira:problem:not-found' } });
    }
  });

  it('opens no other method, no other service and no address without an endpoint', async () => {
    const { path } = await mira().createEndpoint('trello');
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await mira().call(method, path);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, HEAD, GET']);
    }
    const { path: github } = await mira().createEndpoint('github');
    for (const at of [github, '/webhook/trello', '/webhook/trello/']) {
      const answer = await seen(at);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it('is followed by events that sign the address with whatever was added to it', async () => {
    const { path, secret } = await mira().createEndpoint('trello');
    const at = `${path}?board=7&of=%C3%A9`;
    const send = (url: string) =>
      mira().send(at, '{"action":{"id":"a1"}}', signedAsTrello('{"action":{"id":"a1"}}', secret, url));
    expect((await send(mira().url + at)).status).toBe(202);
    expect((await send(mira().url + path)).status).toBe(403);
    expect((await send(`https://another.example${at}`)).status).toBe(403);
  });

  it('may be of an address that only its endpoint knows', async () => {
    const callback_url = 'https://hooks.example.com/boards?of=7';
    const { path, secret } = await mira().createEndpoint('trello', { config: { callback_url } });
    const send = (url: string) => mira().send(path, '{}', signedAsTrello('{}', secret, url));
    expect((await send(callback_url)).status).toBe(202);
    expect((await send(mira().url + path)).status).toBe(403);
  });
});

describeMira(
  "trello's signature where the public address is configured",
  (mira) => {
    it('is over that address, which is the one that the endpoint shows', async () => {
      const made = await mira().post('/api/v1/webhook-endpoints', { service: 'trello', name: 'behind a proxy' });
      const { url, secret } = made.json as { url: string; secret: string };
      expect(url).toMatch(/^https:\/\/hooks\.example\.com\/mira\/webhook\/trello\//);
      const path = new URL(url).pathname.replace('/mira', '');
      const send = (signed: string) => mira().send(path, '{}', signedAsTrello('{}', secret, signed));
      expect((await send(url)).status).toBe(202);
      expect((await send(mira().url + path)).status).toBe(403);
    });
  },
  { MIRA_WEBHOOK_PUBLIC_URL: 'https://hooks.example.com/mira' },
);

describeMira(
  "trello's look at a Mira that does not receive",
  (mira) => {
    it('finds nothing', async () => {
      const { path } = await mira().createEndpoint('trello');
      expect((await mira().call('HEAD', path)).status).toBe(404);
      expect((await mira().call('GET', path)).status).toBe(404);
    });
  },
  { MIRA_WEBHOOK_ENABLED: 'false' },
);

import { kinds } from '../support/databases';
import { aRouteTo, deliveryOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { startTestMira, type TestMira } from '../support/mira';
import { RawConnection } from '../support/raw-http';
import { answering, Receiver, silence } from '../support/receiver';
import { signedAsGithub } from '../support/signed';

const SENDERS = 16;

describe.each(kinds())('a shutdown (%s database)', (kind) => {
  let receiver: Receiver;
  let mira: TestMira | undefined;
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await mira?.stop();
    mira = undefined;
    await receiver.stop();
  });

  /** Sends until nobody listens any more. */
  async function sendUntilClosed(to: TestMira, url: string, path: string, secret: string, acknowledged: string[]) {
    const wrong: number[] = [];
    for (;;) {
      const body = `{"n":${Math.random()}}`;
      const headers = { 'content-type': 'application/json', ...signedAsGithub(body, secret) };
      let response: Response;
      try {
        response = await fetch(url + path, { method: 'POST', headers, body });
      } catch {
        return wrong;
      }
      // What was answered counts, even if the rest of the answer does not arrive.
      const { id }: { id?: string } = JSON.parse(await response.text().catch(() => '{}'));
      if (response.status === 202) acknowledged.push(String(id));
      else if (response.status !== 503) wrong.push(response.status);
      if (to.url !== url) return wrong;
    }
  }

  it('leaves nothing behind that was acknowledged, while webhooks come all the time', async () => {
    mira = await startTestMira(kind);
    const { path, secret } = await mira.createEndpoint('github');
    const running = mira;
    const { url } = mira;
    const acknowledged: string[] = [];
    const senders = Array.from({ length: SENDERS }, () => sendUntilClosed(running, url, path, secret, acknowledged));
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(100));
    await mira.restart();
    expect((await Promise.all(senders)).flat()).toEqual([]);
    const rows = await mira.sql('SELECT id::text FROM webhook_events WHERE id = ANY ($1)', [acknowledged]);
    expect(rows.length).toBe(acknowledged.length);
  });

  it('does not wait for a client that connected and says nothing', async () => {
    mira = await startTestMira(kind);
    const silent = await RawConnection.open(mira.port);
    const began = performance.now();
    await mira.stop();
    mira = undefined;
    // Far below the 20 s that work under way is given; an idle socket is none.
    expect(performance.now() - began).toBeLessThan(10_000);
    await silent.untilClosed();
  });

  it('says that it is not ready before it lets go, and finishes the attempts under way', async () => {
    mira = await startTestMira(kind);
    const { push } = await aRouteTo(mira, receiver.url);
    const held: (() => void)[] = [];
    receiver.willAnswer((response, call) => void held.push(() => answering(200)(response, call)));
    const { json } = await push();
    await eventually(() => expect(held).toHaveLength(1));

    const { url } = mira;
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const restarted = mira.restart();
    await eventually(async () => {
      const ready = await fetch(`${url}/health/ready`);
      expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    held[0]?.();
    await restarted;

    expect((await mira.get('/health/ready')).status).toBe(200);
    await deliveryOf(mira, json['id'], { status: 'accepted', attempt_count: 1 });
    expect(receiver.calls).toHaveLength(1);
  });

  it('takes nothing new while the attempts under way are finished, and all that it had begun to take', async () => {
    mira = await startTestMira(kind);
    const { push } = await aRouteTo(mira, receiver.url);
    const { path, secret } = await mira.createEndpoint('github');
    const held: (() => void)[] = [];
    receiver.willAnswer((response, call) => void held.push(() => answering(200)(response, call)));
    await push();
    await eventually(() => expect(held).toHaveLength(1));
    const half = await RawConnection.open(mira.port);
    const headers = { ...signedAsGithub('{"a":1}', secret), 'content-type': 'application/json', 'content-length': '7' };
    const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await half.write(`POST ${path} HTTP/1.1\r\nhost: mira\r\n${given.join('')}\r\n{"a"`);
    // Later than the half, so that when this is answered the half has been seen.
    await mira.send(path, '{}', signedAsGithub('{}', secret));
    const before = await mira.rows();

    const { port } = mira;
    const restarted = mira.restart();
    for (const line of [`POST ${path}`, 'POST /webhook/github', 'GET /api/v1/events']) {
      const raw = await RawConnection.open(port);
      await raw.write(`${line} HTTP/1.1\r\nhost: mira\r\nx-api-key: ${mira.apiKey}\r\n\r\n`);
      const refused = await raw.untilClosed();
      expect([line, refused?.status]).toEqual([line, 503]);
      for (const header of [
        /^connection: close$/im,
        /^retry-after: \d+$/im,
        /^content-type: application\/problem\+json$/im,
      ])
        expect(refused?.head).toMatch(header);
    }
    await half.write(':1}');
    expect(await half.untilClosed()).toMatchObject({
      status: 202,
      head: expect.stringMatching(/^connection: close$/im),
    });
    held[0]?.();
    await restarted;
    expect((await mira.rows())['events']).toBe((before['events'] ?? 0) + 1);
  });

  it('serves on for as long as load balancers are given, and says that nothing more should come', async () => {
    mira = await startTestMira(kind, { MIRA_SHUTDOWN_DELAY_SECONDS: '3' });
    const { url } = mira;
    const { path, secret } = await mira.createEndpoint('github');
    const idle = await RawConnection.open(mira.port);
    const began = performance.now();
    const restarted = mira.restart();
    await eventually(async () => {
      const ready = await fetch(`${url}/health/ready`);
      expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    });
    const body = '{"a":1}';
    const headers = { 'content-type': 'application/json', ...signedAsGithub(body, secret) };
    const taken = await fetch(url + path, { method: 'POST', headers, body });
    expect([taken.status, taken.headers.get('connection')]).toEqual([202, 'close']);
    await idle.write('GET /health/live HTTP/1.1\r\nhost: mira\r\n\r\n');
    expect(await idle.untilClosed()).toMatchObject({
      status: 200,
      head: expect.stringMatching(/^connection: close$/im),
    });
    await restarted;
    expect(performance.now() - began).toBeGreaterThan(3_000);
  });

  it('waits no longer for an attempt than it may, and does not take its end for an outcome', async () => {
    mira = await startTestMira(kind, { MIRA_SHUTDOWN_TIMEOUT_SECONDS: '1', MIRA_DELIVERY_TIMEOUT_MS: '30000' });
    const { push } = await aRouteTo(mira, receiver.url);
    receiver.willAnswer(silence, answering(200));
    const { json } = await push();
    await eventually(() => expect(receiver.calls).toHaveLength(1));
    const start = performance.now();
    await mira.restart();
    expect(performance.now() - start).toBeLessThan(20_000);
    // On a server another process might still be at it, so there the job is given out again when its time is over.
    const then =
      kind === 'embedded' ? { status: 'accepted', attempt_count: 1 } : { status: 'attempting', attempt_count: 0 };
    await deliveryOf(mira, json['id'], then);
    const attempts = receiver.calls.map(({ headers }) => headers['x-mira-attempt']);
    expect(attempts).toEqual(kind === 'embedded' ? ['1', '1'] : ['1']);
  });
});

import { newId } from '../../src/database/new-id';
import { generateApiKey, hashApiKey } from '../../src/rbac/api-key/api-key.format';
import { describeMira } from '../support/mira';
import { signedAsGeneric } from '../support/signed';

describeMira('senders are kept apart:', (mira) => {
  it('the same id from the holders of two API keys is no repetition', async () => {
    const other = generateApiKey();
    await mira().sql(
      `INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash)
       SELECT tenant_id, $1, user_id, 'another', $2 FROM api_keys LIMIT 1`,
      [newId(), hashApiKey(other)],
    );
    const send = (key: string, body: string) =>
      mira().send('/webhook/generic', body, { 'x-api-key': key, 'idempotency-key': 'k1' });
    expect((await send(mira().apiKey, '{"a":1}')).status).toBe(202);
    expect((await send(other, '{"b":2}')).status).toBe(202);
    expect((await send(other, '{"b":2}')).status).toBe(200);
  });

  it('who may read an event is not shown what would prove it again', async () => {
    const config = { header: 'x-own-signature' };
    const { path, secret } = await mira().createEndpoint('generic', { config });
    const signature = String(signedAsGeneric('{"a":1}', secret)['x-webhook-signature']);
    const { status, json } = await mira().send(path, '{"a":1}', { 'x-own-signature': signature, 'x-kept': 'yes' });
    expect(status).toBe(202);
    const { json: event } = await mira().get(`/api/v1/events/${String(json['id'])}`);
    expect(event['headers']).toMatchObject({ 'x-kept': 'yes' });
    expect(event['headers']).not.toHaveProperty('x-own-signature');
  });

  it('a management request of many unknown fields is refused before it is looked at', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`field_${n}`, n]));
    expect((await mira().post('/api/v1/routes', many)).status).toBe(413);
  });
});

import 'reflect-metadata';
import { createValidationPipe, Problem } from '@mira/problem';
import { CreateIntegrationDto, UpdateIntegrationDto } from './integration.dto';

const config = { base_url: 'https://n8n.example.com' };
const url = 'https://hooks.example.com/orders?from=mira';
const receiver = { kind: 'http', name: 'Our receiver', config: { url } };
const valid = { kind: 'n8n', name: 'Our n8n', config };

async function read(metatype: typeof CreateIntegrationDto | typeof UpdateIntegrationDto, body: unknown) {
  return createValidationPipe().transform(body, { type: 'body', metatype });
}

async function wrongFields(metatype: typeof CreateIntegrationDto | typeof UpdateIntegrationDto, body: unknown) {
  const error: unknown = await read(metatype, body).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof Problem ? [...new Set((error.errors ?? []).map(({ field }) => field))] : [];
}

describe('a new integration', () => {
  it.each([
    valid,
    { ...valid, config: { ...config, api_key: 'eyJhbGciOiJIUzI1NiJ9.e30.x' } },
    { ...valid, config: { ...config, api_key: null } },
    { ...valid, name: '工作流 🚀' },
    receiver,
    { ...receiver, config: { url, headers: null } },
    { ...receiver, config: { url, headers: {} } },
    { ...receiver, config: { url, headers: { Authorization: 'Bearer x', constructor: 'y' } } },
  ] as object[])('is read as it is sent: %j', async (body) => {
    const read_ = await read(CreateIntegrationDto, body);
    expect(read_).toBeInstanceOf(CreateIntegrationDto);
    expect(JSON.parse(JSON.stringify(read_))).toEqual(body);
  });

  it('of another kind is refused by saying which there are', async () => {
    const error: unknown = await read(CreateIntegrationDto, { ...valid, kind: 'ftp' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'validation-failed',
      errors: [{ field: 'kind', message: 'must be one of the kinds that there are: n8n, http' }],
    });
  });

  it.each<[string[], unknown]>([
    [['kind', 'name', 'config'], {}],
    [['kind'], { ...valid, kind: ['n8n'] }],
    [['name'], { ...valid, name: '' }],
    [['name'], { ...valid, name: '  ' }],
    [['name'], { ...valid, name: 'a\u0000b' }],
    [['name'], { ...valid, name: 'x'.repeat(101) }],
    [['name'], { ...valid, name: 7 }],
    [['config'], { ...valid, config: null }],
    [['config'], { ...valid, config: 'https://n8n.example.com' }],
    [['config'], { ...valid, config: [] }],
    [['config'], { ...valid, config: [config] }],
    [['config.base_url'], { ...valid, config: {} }],
    [['config.base_url'], { ...valid, config: { base_url: 7 } }],
    [['config.api_key'], { ...valid, config: { ...config, api_key: '' } }],
    [['config.api_key'], { ...valid, config: { ...config, api_key: 'a\r\nx-other: b' } }],
    [['config.api_key'], { ...valid, config: { ...config, api_key: 'clé' } }],
    [['config.api_key'], { ...valid, config: { ...config, api_key: 'x'.repeat(4_097) } }],
    [['config.api_key'], { ...valid, config: { ...config, api_key: { toString: 'x' } } }],
    [['config.more'], { ...valid, config: { ...config, more: 1 } }],
    [['config.url', 'config.base_url'], { ...valid, kind: 'http' }],
    [['config.url', 'config.base_url'], { ...receiver, kind: 'n8n' }],
    [['config.url'], { ...receiver, config: { url: 7 } }],
    [['config.api_key'], { ...receiver, config: { url, api_key: 'k' } }],
    [['config.headers'], { ...receiver, config: { url, headers: [] } }],
    [['config.headers'], { ...receiver, config: { url, headers: { host: 'x' } } }],
    [['signing_secret'], { ...valid, signing_secret: 'whsec_x' }],
  ])('is refused for %j', async (fields, body) => {
    expect((await wrongFields(CreateIntegrationDto, body)).toSorted()).toEqual(fields.toSorted());
  });
});

describe('a change of an integration', () => {
  it.each([
    {},
    { name: 'x' },
    { config: {} },
    { config },
    { config: { api_key: null } },
    { config: { api_key: 'k' } },
    { config: { url } },
    { config: { headers: { a: 'b' } } },
    { config: { headers: null } },
  ])('may be %j', async (body) => {
    expect(JSON.parse(JSON.stringify(await read(UpdateIntegrationDto, body)))).toEqual(body);
  });

  it.each<[string[], unknown]>([
    [['name'], { name: null }],
    [['name'], { name: '' }],
    [['config'], { config: null }],
    [['config'], { config: [] }],
    [['config.base_url'], { config: { base_url: null } }],
    [['config.api_key'], { config: { api_key: '' } }],
    [['config.url'], { config: { url: null } }],
    [['config.headers'], { config: { headers: { 'Webhook-Id': 'x' } } }],
    [['kind'], { kind: 'n8n' }],
    [['id'], { id: '0198c0de-0000-7000-8000-0000000000ff' }],
  ])('is refused for %j', async (fields, body) => {
    expect(await wrongFields(UpdateIntegrationDto, body)).toEqual(fields);
  });
});

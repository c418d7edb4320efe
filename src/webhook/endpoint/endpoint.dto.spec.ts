import 'reflect-metadata';
import { faultyFieldsOf, readAs } from '../../../test/support/refusals';
import { CreateEndpointDto, RotateSecretDto, UpdateEndpointDto } from './endpoint.dto';

const anEndpoint = { service: 'github', name: 'Our repositories' };

describe('a new endpoint', () => {
  it('needs a service and a name, and may bring more', async () => {
    expect(await faultyFieldsOf(CreateEndpointDto, anEndpoint)).toEqual([]);
    const more = { ...anEndpoint, config: {}, secret: 'a good secret', enabled: false };
    expect(await readAs(CreateEndpointDto, more)).toMatchObject(more);
    expect(new Set(await faultyFieldsOf(CreateEndpointDto, undefined))).toEqual(new Set(['service', 'name']));
  });

  it.each([
    [{ service: 'nobody' }, 'service'],
    [{ service: ['github'] }, 'service'],
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(256) }, 'name'],
    [{ config: [] }, 'config'],
    [{ config: null }, 'config'],
    [{ secret: 12345678 }, 'secret'],
    [{ secret: null }, 'secret'],
    [{ enabled: 1 }, 'enabled'],
    [{ tenant_id: 'x' }, 'tenant_id'],
  ])('is refused with %j', async (wrong, field) => {
    expect(await faultyFieldsOf(CreateEndpointDto, { ...anEndpoint, ...wrong })).toEqual([field]);
  });
});

describe('a change of an endpoint', () => {
  it('may be of its name, settings and whether it takes webhooks', async () => {
    expect(await faultyFieldsOf(UpdateEndpointDto, {})).toEqual([]);
    expect(await faultyFieldsOf(UpdateEndpointDto, { name: 'n', config: {}, enabled: false })).toEqual([]);
  });

  it('is not of its service or secret, and takes nothing away', async () => {
    expect(await faultyFieldsOf(UpdateEndpointDto, { service: 'github', secret: 'a good secret' })).toEqual([
      'service',
      'secret',
    ]);
    expect(await faultyFieldsOf(UpdateEndpointDto, { name: null, config: null, enabled: null })).toEqual([
      'name',
      'config',
      'enabled',
    ]);
  });
});

describe('a rotation', () => {
  it('takes the old secret for a day more unless it says otherwise', async () => {
    expect(await readAs(RotateSecretDto, undefined)).toMatchObject({ grace_seconds: 86_400 });
    expect(await readAs(RotateSecretDto, {})).toMatchObject({ grace_seconds: 86_400 });
    for (const grace_seconds of [0, 604_800]) {
      expect(await readAs(RotateSecretDto, { grace_seconds })).toMatchObject({ grace_seconds });
    }
  });

  it.each([-1, 604_801, 1.5, '60', null])('takes no grace of %j seconds', async (grace_seconds) => {
    expect(await faultyFieldsOf(RotateSecretDto, { grace_seconds })).toEqual(['grace_seconds']);
  });
});

import { permissionsOfRole, type Principal } from '@mira/access';
import { generateApiKey } from '../api-key/api-key.format';
import type { KeyUse } from '../api-key/key-use';
import { AccessTokens } from '../session/access-token';
import { AllowedNetworks } from './allowed-networks';
import { CredentialAuthenticator } from './credential.authenticator';
import { type CredentialFacts, PrincipalCache } from './principal.cache';
import type { PrincipalDirectory } from './principal.directory';

const principal: Principal = {
  tenantId: '0198c0de-0000-7000-8000-000000000001',
  userId: '0198c0de-0000-7000-8000-000000000002',
  apiKeyId: '0198c0de-0000-7000-8000-000000000003',
  role: 'user',
  permissions: permissionsOfRole('user'),
};

function aSetUp(facts: Partial<CredentialFacts> | null = {}) {
  const found = facts && { principal, endsAtMs: Infinity, networks: null, ...facts };
  const directory = { ofApiKey: jest.fn(async () => found), ofSession: jest.fn(async () => found) };
  const keyUse = { note: jest.fn() };
  const tokens = new AccessTokens([{ id: 'k', secret: Buffer.alloc(32, 1) }]);
  const sut = new CredentialAuthenticator(
    new PrincipalCache(),
    directory as unknown as PrincipalDirectory,
    tokens,
    keyUse as unknown as KeyUse,
  );
  return { sut, directory, keyUse, tokens };
}

describe('CredentialAuthenticator', () => {
  it('asks once for a key and answers from memory after that, without a promise', async () => {
    const { sut, directory, keyUse } = aSetUp();
    const headers = { 'x-api-key': generateApiKey() };
    expect(await sut.authenticate(headers, '192.0.2.1')).toEqual({ kind: 'authenticated', principal });
    expect(sut.authenticate(headers, '192.0.2.1')).toEqual({ kind: 'authenticated', principal });
    expect(directory.ofApiKey).toHaveBeenCalledTimes(1);
    expect(keyUse.note).toHaveBeenCalledWith(principal.tenantId, principal.apiKeyId);
  });

  it.each([
    ['a mistyped key', `mira_${'0'.repeat(38)}`],
    ['a refresh token', `mira_rt_${'0'.repeat(38)}`],
    ['nonsense', 'nonsense'],
    ['nothing', ''],
  ])('asks nobody about %s', (_case, credential) => {
    const { sut, directory } = aSetUp();
    expect(sut.authenticate({ 'x-api-key': credential }, undefined)).toMatchObject({ kind: 'refused' });
    expect(directory.ofApiKey).not.toHaveBeenCalled();
  });

  it('asks about an access token only when its signature is right', async () => {
    const { sut, directory, tokens } = aSetUp({ principal: { ...principal, apiKeyId: null } });
    const claims = { tenantId: principal.tenantId, userId: principal.userId ?? '', sessionId: principal.tenantId };
    const token = tokens.sign(claims, new Date());
    expect(await sut.authenticate({ authorization: `Bearer ${token}` }, undefined)).toMatchObject({
      kind: 'authenticated',
    });
    expect(await sut.authenticate({ authorization: `Bearer ${token}x` }, undefined)).toMatchObject({ kind: 'refused' });
    expect(directory.ofSession).toHaveBeenCalledTimes(1);
  });

  it('remembers that there is no such key', async () => {
    const { sut, directory } = aSetUp(null);
    const headers = { 'x-api-key': generateApiKey() };
    expect(await sut.authenticate(headers, undefined)).toMatchObject({ kind: 'refused' });
    expect(sut.authenticate(headers, undefined)).toMatchObject({ kind: 'refused' });
    expect(directory.ofApiKey).toHaveBeenCalledTimes(1);
  });

  it('refuses what has come to its end, though it is remembered', async () => {
    const { sut } = aSetUp({ endsAtMs: Date.now() });
    const headers = { 'x-api-key': generateApiKey() };
    expect(await sut.authenticate(headers, undefined)).toMatchObject({ kind: 'refused' });
    expect(sut.authenticate(headers, undefined)).toMatchObject({ kind: 'refused' });
  });

  it('looks at the address of each request, and notes no use that was refused', async () => {
    const { sut, keyUse } = aSetUp({ networks: new AllowedNetworks(['10.0.0.0/8']) });
    const headers = { 'x-api-key': generateApiKey() };
    expect(await sut.authenticate(headers, '192.0.2.1')).toMatchObject({ kind: 'misplaced' });
    expect(sut.authenticate(headers, undefined)).toMatchObject({ kind: 'misplaced' });
    expect(keyUse.note).not.toHaveBeenCalled();
    expect(sut.authenticate(headers, '10.0.0.1')).toMatchObject({ kind: 'authenticated' });
  });

  it('knows nobody where nothing was sent', () => {
    expect(aSetUp().sut.authenticate({}, undefined)).toEqual({ kind: 'anonymous' });
  });
});

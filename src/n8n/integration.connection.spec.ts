import { newId } from '../database/new-id';
import { SecretCipher, SecretUnreadableError } from '../database/secret.cipher';
import { openConnection, sealApiKey, sealSigningSecret } from './integration.connection';

const cipher = new SecretCipher(Buffer.alloc(32, 7));

function aRow(apiKey: string | null) {
  const key = { tenantId: newId(), id: newId() };
  return {
    tenant_id: key.tenantId,
    id: key.id,
    base_url: 'https://n8n.example.com',
    api_key: sealApiKey(cipher, key, apiKey),
    signing_secret: sealSigningSecret(cipher, key, 'whsec_x'),
    previous_signing_secret: null,
    previous_signing_secret_expires_at: null,
  };
}

describe('a connection', () => {
  it.each(['key', null])('is opened from a row, with the API key %j', (apiKey) => {
    const row = aRow(apiKey);
    expect(openConnection(cipher, row)).toEqual({
      integrationId: row.id,
      baseUrl: 'https://n8n.example.com',
      apiKey,
      signingSecret: 'whsec_x',
    });
  });

  it('is not opened from what was put together of several rows or columns', () => {
    const row = aRow('key');
    const other = aRow('key');
    const forgeries = [
      { ...row, tenant_id: other.tenant_id },
      { ...row, id: other.id },
      { ...row, api_key: other.api_key },
      { ...row, api_key: row.signing_secret },
    ];
    for (const forgery of forgeries) expect(() => openConnection(cipher, forgery)).toThrow(SecretUnreadableError);
  });
});

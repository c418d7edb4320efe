import { SecretCipher } from '../../database/secret.cipher';
import { openSecrets, sealFirst, sealRotated, secretsInForce } from './endpoint.secrets';

const cipher = new SecretCipher(Buffer.alloc(32, 1));
const key = { tenantId: 'a', id: 'b' };
const until = new Date('2026-11-22T10:00:00.000Z');
const before = new Date(until.getTime() - 1);

function secretsAt(now: Date, previousUntil: Date | null): string[] {
  const sealed = sealRotated(cipher, key, { next: 'new', current: 'old', previousUntil });
  return secretsInForce(openSecrets(cipher, key, sealed), now);
}

it('has one secret at first', () => {
  expect(secretsInForce(openSecrets(cipher, key, sealFirst(cipher, key, 'one')), before)).toEqual(['one']);
});

it('takes the previous secret until its time is over, after the current one', () => {
  expect(secretsAt(before, until)).toEqual(['new', 'old']);
  expect(secretsAt(until, until)).toEqual(['new']);
});

it('forgets the previous secret at once where no grace is given', () => {
  expect(secretsAt(before, null)).toEqual(['new']);
  expect(sealRotated(cipher, key, { next: 'new', current: 'old', previousUntil: null }).previousSecret).toBeNull();
});

it('opens no secret that was moved to another endpoint, tenant or column', () => {
  const sealed = sealRotated(cipher, key, { next: 'new', current: 'old', previousUntil: until });
  expect(() => openSecrets(cipher, { ...key, id: 'c' }, sealed)).toThrow('cannot be decrypted');
  expect(() => openSecrets(cipher, { ...key, tenantId: 'c' }, sealed)).toThrow('cannot be decrypted');
  const swapped = { ...sealed, secret: sealed.previousSecret ?? sealed.secret };
  expect(() => openSecrets(cipher, key, swapped)).toThrow('cannot be decrypted');
});

import { Problem } from '@mira/problem';
import { createHash } from 'node:crypto';
import { PasswordHasher } from './password.hasher';

describe('PasswordHasher', () => {
  const sut = new PasswordHasher();

  it('verifies what it hashed, and nothing else', async () => {
    const hash = await sut.hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await sut.verify('correct horse', hash)).toBe(true);
    expect(await sut.verify('correct horsf', hash)).toBe(false);
  });

  it('salts: the same password gives another hash', async () => {
    expect(await sut.hash('same')).not.toBe(await sut.hash('same'));
  });

  it('verifies a hash of other parameters, as an older release may have made', async () => {
    // From the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1 -e
    const reference = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    expect(await sut.verify('password', reference)).toBe(true);
  });

  it.each(['', 'plain', '$argon2i$v=19$m=1,t=1,p=1$YQ$YQ'])(
    'says no to %j, which is no hash of its own',
    async (hash) => {
      expect(await sut.verify('password', hash)).toBe(false);
    },
  );

  it('takes its turn when many hash at once', async () => {
    const hashes = await Promise.all(Array.from({ length: 8 }, () => sut.hash('p')));
    expect(new Set(hashes).size).toBe(8);
  });

  it('verifies the hashes of the first Mira, and tells that they are outdated', async () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    for (const hash of [`salt:${sha256('saltp\u00e4ss')}`, sha256('p\u00e4ss'), sha256('p\u00e4ss').toUpperCase()]) {
      expect(await sut.verify('p\u00e4ss', hash)).toBe(true);
      expect(await sut.verify('pass', hash)).toBe(false);
      expect(sut.isOutdated(hash)).toBe(true);
    }
    expect(await sut.verify('p\u00e4ss', `tlas:${sha256('saltp\u00e4ss')}`)).toBe(false);
    expect(sut.isOutdated(await sut.hash('p'))).toBe(false);
  });

  it('takes its own hash of other parameters for outdated', () => {
    expect(sut.isOutdated('$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR')).toBe(true);
  });

  it('says no where there is nothing to compare with', async () => {
    expect(await sut.verify('p', null)).toBe(false);
    expect(await sut.verify('', '')).toBe(false);
  });

  it('turns those away that would wait for too long', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => sut.verify('p', null)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused).toHaveLength(60 - 42);
    for (const reason of refused) expect(reason instanceof Problem && reason.status).toBe(503);
    expect(await sut.verify('p', null)).toBe(false);
  });
});

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
});

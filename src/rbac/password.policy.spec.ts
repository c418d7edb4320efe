import { COMMON_PASSWORDS } from './common-passwords';
import { passwordFault } from './password.policy';

const LENGTH = 'must have 8 to 128 characters';

describe('the password policy', () => {
  it.each(['correct horse', '        ', 'aaaaaaab', 'sé¢ret§§', 'x'.repeat(128), '🔑'.repeat(8), '🔑'.repeat(128)])(
    'takes %j: nothing but length and commonness counts',
    (password) => {
      expect(passwordFault(password)).toBeNull();
    },
  );

  it.each([
    ['', 'nothing'],
    ['1234567', 'seven characters'],
    ['🔑'.repeat(7), 'seven characters of two units each'],
    ['x'.repeat(129), '129 characters'],
    ['e\u0301'.repeat(7), 'seven characters that are written with fourteen'],
    ['\ufdfa'.repeat(8), 'eight characters that stand for 144'],
  ])('refuses %j: %s', (password) => {
    expect(passwordFault(password)).toBe(LENGTH);
  });

  it.each(['password', 'PassWord1', 'QWERTYUIOP', 'ｐａｓｓｗｏｒｄ', 'trustno1', 'michelle'])(
    'refuses %j, which everybody has',
    (password) => {
      expect(passwordFault(password)).toMatch(/most common/);
    },
  );

  it('refuses half a character', () => {
    expect(passwordFault('a good one \ud83d')).toBe('must be a text');
  });

  it('knows 3,000 common ones, each as it is compared', () => {
    expect(COMMON_PASSWORDS.size).toBe(3_000);
    for (const password of COMMON_PASSWORDS) {
      expect(password).toBe(password.normalize('NFKC').toLowerCase());
      expect(password.length).toBeGreaterThanOrEqual(8);
    }
  });
});

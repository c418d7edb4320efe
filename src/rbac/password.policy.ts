import { COMMON_PASSWORDS } from './common-passwords';

const MIN_CHARACTERS = 8;
const MAX_CHARACTERS = 128;

/**
 * What is wrong with a password that somebody wants to have, in words that follow its name; null for one that will do.
 * Length and commonness alone decide (NIST SP 800-63B, 3.1.1.2): rules about kinds of characters make passwords that
 * are hard to remember and no harder to guess. Characters are counted as the hash sees them: code points, after NFKC.
 */
export function passwordFault(password: string): string | null {
  // Half a surrogate pair has no UTF-8: all such passwords would have the same hash.
  if (!password.isWellFormed()) return 'must be a text';
  const characters = Array.from(password.normalize('NFKC'));
  if (characters.length < MIN_CHARACTERS || characters.length > MAX_CHARACTERS) {
    return `must have ${MIN_CHARACTERS} to ${MAX_CHARACTERS} characters`;
  }
  if (COMMON_PASSWORDS.has(characters.join('').toLowerCase())) {
    return 'is one of the most common passwords, which are guessed first; choose another';
  }
  return null;
}

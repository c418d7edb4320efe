import { ADVISORY_LOCKS } from './advisory-locks';

test('no two turns are taken by the same lock', () => {
  const numbers = Object.values(ADVISORY_LOCKS);
  expect(new Set(numbers).size).toBe(numbers.length);
});

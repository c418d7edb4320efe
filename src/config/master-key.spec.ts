import { decodeMasterKey, isMasterKey } from './master-key';

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));

describe('decodeMasterKey', () => {
  it.each([
    ['base64', bytes.toString('base64')],
    ['base64 without padding', bytes.toString('base64').replace('=', '')],
    ['URL-safe base64', bytes.toString('base64url')],
    ['hex digits', bytes.toString('hex')],
    ['upper-case hex digits', bytes.toString('hex').toUpperCase()],
  ])('reads 32 bytes from %s', (_, text) => {
    expect(decodeMasterKey(text)).toEqual(bytes);
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', bytes.subarray(1).toString('base64')],
    ['33 bytes', Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64')],
    ['63 hex digits', bytes.toString('hex').slice(1)],
    ['a mix of the two base64 alphabets', '-+'.padEnd(43, 'A')],
    ['a line feed at its end', `${bytes.toString('base64')}\n`],
  ])('refuses %s and does not repeat it', (_, text) => {
    expect(isMasterKey(text)).toBe(false);
    expect(() => decodeMasterKey(text)).toThrow('A master key must be 32 bytes as base64 or as 64 hex digits.');
  });
});

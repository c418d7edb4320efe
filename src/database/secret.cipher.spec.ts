import { SecretCipher, SecretUnreadableError } from './secret.cipher';

const place = { tenantId: 't1', table: 'integrations', rowId: 'r1', column: 'api_key' };

describe('SecretCipher', () => {
  const sut = new SecretCipher(Buffer.alloc(32, 1));

  it('opens what it sealed, and shows nothing of it', () => {
    const sealed = sut.seal('the n8n key', place);
    expect(sut.open(sealed, place)).toBe('the n8n key');
    expect(sealed.includes('n8n')).toBe(false);
  });

  it('derives the same key for a purpose each time, another for another, and never the master key', () => {
    const key = sut.derivedKey('one');
    expect(key).toHaveLength(32);
    expect(new SecretCipher(Buffer.alloc(32, 1)).derivedKey('one')).toEqual(key);
    const others = [
      sut.derivedKey('other'),
      new SecretCipher(Buffer.alloc(32, 2)).derivedKey('one'),
      Buffer.alloc(32, 1),
    ];
    for (const other of others) expect(other.equals(key)).toBe(false);
  });

  it('never seals twice alike', () => {
    expect(sut.seal('same', place).equals(sut.seal('same', place))).toBe(false);
  });

  it.each([
    ['tenant', { tenantId: 't2' }],
    ['table', { table: 'webhook_endpoints' }],
    ['row', { rowId: 'r2' }],
    ['column', { column: 'signing_secret' }],
  ])('does not open in another %s', (_, elsewhere) => {
    const sealed = sut.seal('secret', place);
    expect(() => sut.open(sealed, { ...place, ...elsewhere })).toThrow(SecretUnreadableError);
  });

  it('does not take parts of two places that only look alike when joined', () => {
    const sealed = sut.seal('secret', { ...place, rowId: 'a', column: 'b","c' });
    expect(() => sut.open(sealed, { ...place, rowId: 'a","b', column: 'c' })).toThrow(SecretUnreadableError);
  });

  it('does not open with any byte changed, cut short, or under another key', () => {
    const sealed = sut.seal('secret', place);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => sut.open(changed, place)).toThrow(SecretUnreadableError);
      expect(() => sut.open(sealed.subarray(0, at), place)).toThrow(SecretUnreadableError);
    }
    expect(() => new SecretCipher(Buffer.alloc(32, 2)).open(sealed, place)).toThrow(SecretUnreadableError);
  });

  it('says which secret cannot be read, and nothing of what it holds', () => {
    const sealed = sut.seal('hunter2', place);
    expect(() => sut.open(sealed, { ...place, rowId: 'r9' })).toThrow(/integrations\.api_key of row r9/);
    expect(() => sut.open(sealed, { ...place, rowId: 'r9' })).not.toThrow(/hunter2/);
  });

  it('wants a key of 32 bytes', () => {
    expect(() => new SecretCipher(Buffer.alloc(16))).toThrow('32 bytes');
  });
});

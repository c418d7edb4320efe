import { createHash } from 'node:crypto';
import { BEGINNING, type ChainRow, entryHash, faultOf } from './audit.chain';
import { personalDigest } from './audit.content';

const TENANT = '0198c0de-0000-7000-8000-000000000001';

function aRow(seq: number, previous: Buffer, more: Partial<ChainRow> = {}): ChainRow {
  const content = more.content ?? '{"id":"x"}';
  const hash = entryHash(TENANT, seq, previous, content);
  const none = { personal_digest: null, personal: null, personal_salt: null, erased_at: null };
  return { seq, id: 'x', form: 1, content, hash, ...none, ...more };
}

describe('an entry of a chain', () => {
  it('has the hash of its form, tenant, number, predecessor and content, in lines', () => {
    const text = `1\n${TENANT}\n2\n${'0'.repeat(64)}\n{"a":\n"ü"}`;
    const expected = createHash('sha256').update(text, 'utf8').digest();
    expect(entryHash(TENANT, 2, BEGINNING.hash, '{"a":\n"ü"}')).toEqual(expected);
  });

  it('follows from the one before it and from no other', () => {
    const first = aRow(1, BEGINNING.hash);
    expect(faultOf(TENANT, BEGINNING, first)).toBeNull();
    expect(faultOf(TENANT, first, aRow(2, first.hash))).toBeNull();
    expect(faultOf(TENANT, first, aRow(2, BEGINNING.hash))).toMatchObject({ seq: 2, reason: 'entry_altered' });
    expect(faultOf(TENANT, first, aRow(3, first.hash))).toMatchObject({ seq: 2, id: null, reason: 'entry_missing' });
    expect(faultOf(TENANT.replace('1', '2'), BEGINNING, first)).toMatchObject({ reason: 'entry_altered' });
    expect(faultOf(TENANT, BEGINNING, { ...first, form: 2 })).toMatchObject({ reason: 'entry_altered' });
  });

  it('has its personal data, or is known to have lost them', () => {
    const salt = Buffer.alloc(16, 1);
    const personal_digest = personalDigest(salt, '{"a":1}');
    const row = (more: Partial<ChainRow>) =>
      faultOf(TENANT, BEGINNING, aRow(1, BEGINNING.hash, { personal_digest, ...more }));
    expect(row({ personal: '{"a":1}', personal_salt: salt })).toBeNull();
    expect(row({ erased_at: new Date() })).toBeNull();
    for (const wrong of [
      {},
      { personal: '{"a":2}', personal_salt: salt },
      { personal: '{"a":1}', personal_salt: Buffer.alloc(16) },
      { personal: '{"a":1}', personal_salt: salt, erased_at: new Date() },
      { personal_salt: salt, erased_at: new Date() },
    ]) {
      expect(row(wrong)).toMatchObject({ reason: 'personal_data_altered' });
    }
  });
});

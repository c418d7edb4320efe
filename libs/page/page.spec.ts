import 'reflect-metadata';
import { createValidationPipe, Problem } from '@mira/problem';
import { randomUUIDv7 } from 'node:crypto';
import { decodeCursor, encodeCursor, PageQuery, toPage } from './index';

const anId = '0198c0de-0000-7000-8000-0000000000ff';

async function read(query: object): Promise<unknown> {
  return createValidationPipe().transform(query, { type: 'query', metatype: PageQuery });
}

async function wrongFields(query: object): Promise<string[]> {
  const error: unknown = await read(query).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof Problem ? (error.errors ?? []).map(({ field }) => field) : [];
}

describe('the query of a list', () => {
  it('asks for 50 from the beginning where it says nothing', async () => {
    expect(await read({})).toEqual({ limit: 50, cursor: undefined });
  });

  it.each([1, 7, 200])('takes %d as limit, which comes as text', async (limit) => {
    expect(await read({ limit: String(limit) })).toEqual({ limit, cursor: undefined });
  });

  it.each(['', '0', '201', '-1', '1.5', '0x10', '1e2', ' 5', 'ten', ['1', '2'], '9'.repeat(400)])(
    'refuses %j as limit',
    async (limit) => {
      expect(new Set(await wrongFields({ limit }))).toEqual(new Set(['limit']));
    },
  );

  it('takes a cursor that a page gave', async () => {
    const cursor = encodeCursor(anId);
    expect(await read({ cursor })).toEqual({ limit: 50, cursor });
  });

  it.each(['', 'x', anId, 'A'.repeat(23), '!'.repeat(22), `${encodeCursor(anId)}=`, [encodeCursor(anId)]])(
    'refuses %j as cursor',
    async (cursor) => {
      expect(await wrongFields({ cursor })).toEqual(['cursor']);
    },
  );
});

describe('a cursor', () => {
  it('says nothing where there is none', () => {
    expect(decodeCursor(undefined)).toBeNull();
    expect(decodeCursor(null)).toBeNull();
  });

  it('brings any id back', () => {
    for (const id of [anId, randomUUIDv7(), randomUUIDv7()]) expect(decodeCursor(encodeCursor(id))).toBe(id);
  });

  it('is refused as a wrong field where nobody gave it', () => {
    expect(() => decodeCursor('nonsense')).toThrow(Problem);
  });
});

describe('a page', () => {
  const rows = Array.from({ length: 4 }, () => ({ id: randomUUIDv7() })).toReversed();

  it('ends the list where no more rows were found than it holds', () => {
    expect(toPage(rows, 4, ({ id }) => id)).toEqual({ data: rows, next_cursor: null });
    expect(toPage([], 4, () => anId)).toEqual({ data: [], next_cursor: null });
  });

  it('leaves the row too many to the next one, which begins after the last shown', () => {
    const page = toPage(rows, 3, ({ id }) => id);
    expect(page.data).toEqual(rows.slice(0, 3));
    expect(decodeCursor(page.next_cursor)).toBe(rows[2]?.id);
  });
});

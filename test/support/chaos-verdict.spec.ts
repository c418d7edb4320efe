import { type Account, faultsOf } from '../../bench/chaos/verdict';

/** Five events of a tenant without limits. */
const WELL: Account = {
  name: 'one',
  told: { acknowledged: ['a', 'b', 'c', 'd', 'e'], refused: 0, untold: 0 },
  books: {
    stored: new Set(['a', 'b', 'c', 'd', 'e']),
    deliveries: new Map([['accepted', ['a', 'b', 'c', 'd', 'e']]]),
    webhooksCounted: 5,
    workflowsCounted: 5,
  },
  taken: new Map(['a', 'b', 'c', 'd', 'e'].map((id) => [id, id === 'a' ? 2 : 1])),
  limits: null,
};

/** The same, of which two were stored before, and two may be delivered. */
const AT_ITS_LIMITS: Account = {
  ...WELL,
  told: { acknowledged: ['c', 'd', 'e'], refused: 3, untold: 0 },
  books: {
    ...WELL.books,
    deliveries: new Map([
      ['accepted', ['c', 'd']],
      ['held workflow_quota', ['e']],
    ]),
    workflowsCounted: 2,
  },
  limits: { filled: 2, webhooksADay: 5, workflowsAMonth: 2 },
};

describe('a round of chaos', () => {
  it.each([WELL, AT_ITS_LIMITS])('is well where all is stored once, delivered, and counted once', (account) => {
    expect(faultsOf(account)).toEqual([]);
  });

  it.each<[Partial<Account>, RegExp]>([
    [{ told: { acknowledged: [], refused: 0, untold: 0 } }, /^one: nothing was acknowledged/],
    [{ told: { ...WELL.told, untold: 1 } }, /1 webhooks were never told/],
    [{ told: { ...WELL.told, acknowledged: [...WELL.told.acknowledged, 'a'] } }, /6 webhooks .* as 5 events/],
    [
      { books: { ...WELL.books, stored: new Set(['a', 'b', 'c', 'd']), webhooksCounted: 4 } },
      /1 acknowledged and lost: e$/,
    ],
    [{ told: { ...WELL.told, acknowledged: ['a', 'b', 'c', 'd'] } }, /stored and not acknowledged, or twice: e$/],
    [{ books: { ...WELL.books, webhooksCounted: 6 } }, /6 were counted, and 5 are stored/],
    [{ taken: new Map([['a', 1]]) }, /n8n never took them: b, c, d, e$/],
    [
      {
        books: {
          ...WELL.books,
          deliveries: new Map([
            ['accepted', ['a', 'b', 'c', 'd']],
            ['dead', ['e']],
          ]),
        },
      },
      /1 not delivered, but dead: e$/,
    ],
  ])('is not well with %j', (wrong, like) => {
    const faults = faultsOf({ ...WELL, ...wrong });
    expect(faults).toContainEqual(expect.stringMatching(like));
  });

  it('is not well where an event was given no delivery', () => {
    const deliveries = new Map([['accepted', ['a', 'b', 'c', 'd']]]);
    const faults = faultsOf({ ...WELL, books: { ...WELL.books, deliveries } });
    expect(faults).toEqual(['one: 1 stored, and to be delivered to nobody: e']);
  });

  it.each<[Partial<Account>, RegExp]>([
    [{ told: { ...AT_ITS_LIMITS.told, refused: 0 } }, /its limit was not tried/],
    [
      { books: { ...AT_ITS_LIMITS.books, stored: new Set(['a', 'b', 'c', 'd', 'e', 'f']), webhooksCounted: 6 } },
      /webhooks of a day that are stored: 6, not 5/,
    ],
    [{ books: { ...AT_ITS_LIMITS.books, workflowsCounted: 3 } }, /that were counted: 3, not 2/],
    [{ books: { ...AT_ITS_LIMITS.books, deliveries: WELL.books.deliveries } }, /that were run: 5, not 2/],
  ])('is not well where a limit was not kept: %j', (wrong, like) => {
    expect(faultsOf({ ...AT_ITS_LIMITS, ...wrong })).toContainEqual(expect.stringMatching(like));
  });
});

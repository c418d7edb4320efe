import { DataSource } from 'typeorm';
import { ownedTables } from '../../src/database/owned-tables';
import { bearer, key } from '../support/access/bad-credentials';
import { ROLES_PROMISED } from '../support/access/contract';
import { fingerprint } from '../support/access/fingerprint';
import { foreignCalls, shownOf } from '../support/access/foreign';
import { ROUTES } from '../support/access/route-table';
import {
  callAll,
  callOf,
  freshPlace,
  forEachOf,
  isRead,
  NOT_FOUND,
  rows,
  surprises,
  surprisesIn,
  withQuery,
} from '../support/access/sweep';
import { ForgetfulDatabase, type Sent } from '../support/access/tenant-conditions';
import { World } from '../support/access/world';
import { kinds } from '../support/databases';
import { startTestMira, type TestMira } from '../support/mira';

/**
 * All that Mira asks of tenants' tables as its own login, where row-level security does not hold it: what tells the
 * statement, and why it has to be so. A statement that is none of these fails the suite.
 */
const AS_MIRA_ITSELF: readonly (readonly [RegExp, string])[] = [
  [/FROM api_keys k\s+JOIN users u/, 'the key is what names the tenant'],
  [/FROM sessions s\s+JOIN users u/, 'the access token is what names the tenant; it asks for that very one'],
  [/FROM refresh_tokens WHERE token_hash = \$1/, 'the refresh token is what names the tenant'],
  [
    /FROM users u JOIN tenants t .*WHERE lower\(u\.username\)/s,
    'names are unique over all; it is the user who names it',
  ],
  [/FROM webhook_endpoints e\s+JOIN tenants t/, 'the address of a webhook is what names the tenant'],
  [/^SELECT FROM tenants WHERE id = \$1$/, 'an admin names another tenant: is there one?'],
  [
    /FROM "tenants"|(INSERT INTO|UPDATE) "tenants"/,
    'tenants are looked for and changed from outside; rules say by whom',
  ],
  [
    /^SELECT FROM tenants WHERE id = \$1 FOR KEY SHARE$/,
    'plans are agreed on from outside, with a tenant that there is',
  ],
  [/FROM plan_overrides WHERE|(INSERT INTO|DELETE FROM) plan_overrides/, 'a tenant may not change its own plan'],
  [/DELETE FROM usage_counters WHERE/, 'counters of a deleted tenant, but for those that somebody holds'],
  [/^SELECT '\w+' AS name, count\(\*\)/, 'what the deletion of a tenant would take'],
  [/^(DECLARE owned CURSOR FOR SELECT|DELETE FROM) \w+/, 'a tenant is deleted with all that is its own'],
  [
    /SELECT count\(\*\)::int AS count FROM (holds|\(SELECT FROM deliveries WHERE status = 'held')/,
    'gauges, over all tenants',
  ],
  [/SELECT 'endpoint:' \|\| id FROM webhook_endpoints/, 'the same, for what stands in no table of its own'],
];

/** What an admin sees without crossing over, and what is no thing but a sum of them. */
function shownFromOutside(route: string): boolean {
  return (ROUTES[route]?.seesAllTenants ?? ROUTES[route]?.sums) === true;
}

describe.each(kinds())('row-level security alone (%s database)', (kind) => {
  let forgetful: ForgetfulDatabase;
  let mira: TestMira;
  let world: World;

  beforeAll(async () => {
    forgetful = ForgetfulDatabase.putUp();
    mira = await startTestMira(kind, { MIRA_ROLE: 'api', MIRA_WEBHOOK_MAX_REPLAYS: '10000' });
    world = await World.make(mira);
  });
  afterAll(async () => {
    await mira?.stop();
    forgetful.takeDown();
  });

  /** Whether a statement finds or changes what is the tenant's, run as Mira's own login. Nothing stays changed. */
  async function reachesAsMira({ text, values }: Sent): Promise<boolean> {
    const runner = mira.mira.app.get(DataSource).createQueryRunner();
    await runner.startTransaction();
    try {
      const { records, affected } = await runner.query(text, [...values], true);
      if (/^\s*(UPDATE|DELETE)/i.test(text)) return (affected ?? 0) > 0;
      const found = JSON.stringify(records);
      return Object.values(world.own.things).some((id) => found.includes(id));
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  }

  it.each(ROLES_PROMISED)("keeps the role %s from another tenant's things", async (role) => {
    const before = await fingerprint(mira, world.own.tenantId);
    const answered = await callAll(mira, foreignCalls(world, role));
    expect(surprisesIn(answered)).toEqual([]);
    expect(shownOf(world.own, answered)).toEqual([]);
    expect(await fingerprint(mira, world.own.tenantId)).toEqual(before);
  });

  it('is what does so: the same statements find the things when Mira’s own login asks', async () => {
    const tried = foreignCalls(world, 'manager').filter(({ route, expected, headers }) => {
      const isList = isRead(route) && ROUTES[route]?.thing === undefined && ROUTES[route]?.needs !== 'a credential';
      return (expected === NOT_FOUND || isList) && 'x-api-key' in headers && !shownFromOutside(route);
    });
    expect(tried.length).toBeGreaterThan(20);
    for (const call of tried) {
      const from = forgetful.bared.length;
      await forgetful.during(() => callAll(mira, [call]));
      const reaching = [];
      for (const sent of forgetful.bared.slice(from)) if (await reachesAsMira(sent)) reaching.push(sent);
      expect([call.route, reaching.length]).not.toEqual([call.route, 0]);
    }
  });

  it('lets everybody do at home what they may, and is left only where that is written down', async () => {
    const calls = await forEachOf(rows, async (row) => {
      const who = await world.caller(world.own.tenantId, 'admin', world.own.mark);
      return callOf(row, await freshPlace(world, row, who, world.own), bearer(who.token), { status: row[1].succeeds });
    });
    const other = world.other.tenantId;
    const theirs = await fingerprint(mira, other);
    const crossing = calls
      .filter(({ route }) => route === 'GET /api/v1/projects')
      .map((call) => withQuery({ ...call, headers: key(world.own.people.admin.apiKey) }, `tenant_id=${other}`));
    forgetful.asMira.length = 0;
    expect(await forgetful.during(() => surprises(mira, [...calls, ...crossing]))).toEqual([]);
    expect(await fingerprint(mira, other)).toEqual(theirs);

    const tables = (await ownedTables(mira.mira.app.get(DataSource).manager)).map(({ name }) => name);
    const aboutTenants = new RegExp(`\\b(${tables.join('|')})\\b`);
    // Sealing comes with every tenth entry of a trail, whoever makes it: maybe with one of these, maybe with none.
    const asked = [...new Set(forgetful.asMira.filter((text) => aboutTenants.test(text)))].filter(
      (text) => !/^INSERT INTO audit_checkpoints\b/.test(text),
    );
    expect(asked.filter((text) => !AS_MIRA_ITSELF.some(([known]) => known.test(text)))).toEqual([]);
    expect(AS_MIRA_ITSELF.filter(([known]) => !asked.some((text) => known.test(text)))).toEqual([]);
  });

  it('was left alone indeed: no statement of a tenant’s asked for the tenant in another way', () => {
    expect([...forgetful.missed]).toEqual([]);
  });
});

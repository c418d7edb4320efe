import { PERMISSIONS, type Role } from '@mira/access';
import { newId } from '../../src/database/new-id';
import { BAD_CREDENTIALS, bearer, farKey, GOOD_CREDENTIALS, key } from '../support/access/bad-credentials';
import { permissionsPromised, PROMISED, promisedTo, ROLES_PROMISED } from '../support/access/contract';
import { fingerprint } from '../support/access/fingerprint';
import { routesOfControllers, routesOfDocument, routesOfServer } from '../support/access/found-routes';
import { foreignCalls, shownOf } from '../support/access/foreign';
import { ROUTES, type RouteRow } from '../support/access/route-table';
import {
  callAll,
  callOf,
  closedRows,
  FORBIDDEN,
  freshPlace,
  guardedRows,
  forEachOf,
  isRead,
  mayCall,
  NOT_FOUND,
  permissionsNeeded,
  placeOf,
  rows,
  type SweepCall,
  surprises,
  surprisesIn,
  UNAUTHORIZED,
  withQuery,
} from '../support/access/sweep';
import { type Caller, World } from '../support/access/world';
import { describeMira } from '../support/mira';

type Row = readonly [string, RouteRow];

const NOBODYS = newId();
/** Routed by others than controllers: the OpenAPI document, and the page that shows it. Open, as the code is. */
const OF_SWAGGER = /^GET \/docs(\/|-|$)/;

/**
 * Every route there is, tried as everybody there is. Delivers nothing, so that nothing but the calls changes a row.
 */
describeMira(
  'every route',
  (mira) => {
    let world: World;
    beforeAll(async () => {
      world = await World.make(mira());
    });

    /** What refused calls must leave behind them: everything as it was. */
    async function expectRefused(calls: readonly SweepCall[]): Promise<void> {
      const before = await fingerprint(mira());
      expect(await surprises(mira(), calls)).toEqual([]);
      expect(await fingerprint(mira())).toEqual(before);
    }

    const freshly = (role: Role, permissions?: RouteRow['besides']) =>
      world.caller(world.own.tenantId, role, world.own.mark, permissions && { permissions });

    const succeeding = ({ succeeds, byKey }: RouteRow, withKey: boolean) => ({
      status: withKey ? (byKey ?? succeeds) : succeeds,
    });

    /** Good calls, each about a thing of its own. */
    function allowed(these: readonly Row[], caller: (row: RouteRow) => Caller | Promise<Caller>, withKey: boolean) {
      return forEachOf(these, async (row) => {
        const who = await caller(row[1]);
        const place = await freshPlace(world, row, who, world.own);
        return callOf(row, place, withKey ? key(who.apiKey) : bearer(who.token), succeeding(row[1], withKey));
      });
    }

    it('has a row in the table, and each row a route', () => {
      const found = routesOfControllers(mira().mira.app).map(({ name }) => name);
      expect(found.toSorted()).toEqual(Object.keys(ROUTES).toSorted());
      expect(new Set(found).size).toBe(found.length);
    });

    it('is one that a controller declares and that the OpenAPI document names; the document is no secret', async () => {
      const rowNames = Object.keys(ROUTES).toSorted();
      const routed = routesOfServer(mira().mira.app).filter((route) => !OF_SWAGGER.test(route));
      expect(routed.toSorted()).toEqual(rowNames);
      const { status, json } = await mira().get('/docs/openapi.json', { apiKey: null });
      expect([status, json['openapi']]).toEqual([200, expect.stringMatching(/^3\.1\./)]);
      expect(routesOfDocument(json).toSorted()).toEqual(rowNames);
    });

    it('declares what its row says', () => {
      for (const { name, access } of routesOfControllers(mira().mira.app)) {
        const row = ROUTES[name];
        const declared =
          row?.needs === 'nothing' || row?.guardedBySender
            ? { kind: 'public', reason: expect.any(String) }
            : row?.needs === 'a credential'
              ? { kind: 'signed-in' }
              : { kind: 'allow', permissions: row?.needs };
        expect({ name, access }).toEqual({ name, access: declared });
      }
    });

    it('is for the roles that were promised it, in the registry too', () => {
      const registered = Object.entries(PERMISSIONS).map(([name, { roles }]) => [name, roles]);
      expect(Object.fromEntries(registered)).toEqual(PROMISED);
    });

    it.each(ROLES_PROMISED)('gives the role %s what the matrix does, and refuses it all else', async (role) => {
      const person = world.own.people[role];
      const open = closedRows.filter(([, row]) => mayCall(row, role));
      const shut = closedRows.filter(([, row]) => !mayCall(row, role));
      const place = placeOf(person, world.own);
      await expectRefused(
        [key(person.apiKey), bearer(person.token)].flatMap((credential) =>
          shut.map((row) => callOf(row, place, credential, FORBIDDEN)),
        ),
      );
      const caller = (row: RouteRow) => (row.own ? freshly(role) : person);
      const calls = [...(await allowed(open, caller, true)), ...(await allowed(open, caller, false))];
      expect(await surprises(mira(), calls)).toEqual([]);
    });

    it.each(Object.keys(BAD_CREDENTIALS))('is shut to %s', async (name) => {
      const credential = await BAD_CREDENTIALS[name]?.(world);
      const place = placeOf(world.own.people.admin, world.own);
      await expectRefused(closedRows.map((row) => callOf(row, place, credential ?? {}, UNAUTHORIZED)));
    });

    it('is shut to nobody in other spellings too', async () => {
      const place = placeOf(world.own.people.admin, world.own);
      const calls = closedRows.map((row) => callOf(row, place, {}, UNAUTHORIZED));
      const spelled = calls.flatMap((call) => [
        { ...call, path: call.path.replace(/(?=\?|$)/, '/') },
        { ...call, path: call.path.replace(/^[^?]*\//, (start) => start.toUpperCase()) },
      ]);
      await expectRefused(spelled);
      const heads = calls.filter(({ route }) => isRead(route)).map((call) => ({ ...call, method: 'HEAD' }));
      const answers = await callAll(mira(), heads);
      expect(answers.filter(({ answer }) => answer.status !== 401)).toEqual([]);
    });

    it('is shut to a key for other networks', async () => {
      const place = placeOf(world.own.people.admin, world.own);
      const credential = await farKey(world);
      await expectRefused(closedRows.map((row) => callOf(row, place, credential, FORBIDDEN)));
    });

    it.each(Object.keys(GOOD_CREDENTIALS))('is open to %s', async (name) => {
      const credential = (await GOOD_CREDENTIALS[name]?.(world)) ?? {};
      const place = placeOf(world.own.people.admin, world.own);
      const reads = closedRows.filter(([route, { own }]) => isRead(route) && !own);
      const calls = reads.map((row) => callOf(row, place, credential, { status: row[1].succeeds }));
      expect(await surprises(mira(), calls)).toEqual([]);
    });

    it('that needs no credential is none the worse for a bad one', async () => {
      const open = rows.filter(([, { needs }]) => needs === 'nothing');
      const calls = await forEachOf(Object.values(BAD_CREDENTIALS), async (make) => {
        const credential = await make(world);
        const callOpen = async (row: Row) => {
          const caller = row[1].own ? await freshly('viewer') : world.own.people.viewer;
          return callOf(row, placeOf(caller, world.own), credential, { status: row[1].succeeds });
        };
        return Promise.all(open.map(callOpen));
      });
      expect(await surprises(mira(), calls.flat())).toEqual([]);
    });

    it('that there is not is not found, by nobody and by an admin', async () => {
      for (const path of ['/api/v1/nonsense', '/api', '/nonsense', '/api/v1/events/../../health/nonsense']) {
        for (const apiKey of [null, mira().apiKey]) {
          const { status, json } = await mira().get(path, { apiKey });
          expect([path, status, json['type']]).toEqual([path, 404, 'urn:mira:problem:not-found']);
        }
      }
    });

    it('wants the permission of its row from a key that has all the others', async () => {
      const narrow = closedRows.filter(([, row]) => permissionsNeeded(row).length > 0);
      const calls = await forEachOf(narrow, async (row) => {
        const rest = permissionsPromised().filter((permission) => !permissionsNeeded(row[1]).includes(permission));
        const caller = await freshly('admin', rest);
        return callOf(row, placeOf(caller, world.own), key(caller.apiKey), FORBIDDEN);
      });
      await expectRefused(calls);
    });

    it('wants no other permission than that of its row', async () => {
      const narrow = closedRows.filter(([, row]) => permissionsNeeded(row).length > 0);
      const caller = (row: RouteRow) => freshly('admin', [...permissionsNeeded(row), ...(row.besides ?? [])]);
      const calls = await allowed(narrow, caller, true);
      expect(await surprises(mira(), calls)).toEqual([]);
    });

    it("that is about one's own is about others' only for those who may change them", async () => {
      const keys = closedRows.filter(([, { own, thing }]) => own && thing !== undefined);
      expect(keys.length).toBeGreaterThan(0);
      for (const role of ROLES_PROMISED) {
        const person = world.own.people[role];
        const may = promisedTo(role).includes('user:update');
        const calls = await forEachOf(keys, async (row) => {
          const [, { thing = 'apiKey', succeeds }] = row;
          const owner = await freshly('viewer');
          const id = await world.thing(thing, world.own, owner.userId);
          const place = placeOf(person, world.own, { things: { ...world.own.things, [thing]: id } });
          return callOf(row, place, key(person.apiKey), may ? { status: succeeds } : NOT_FOUND);
        });
        if (may) expect(await surprises(mira(), calls)).toEqual([]);
        else await expectRefused(calls);
      }
    });

    describe('of another tenant', () => {
      it.each(ROLES_PROMISED)(
        'knows no thing of it for the role %s, in the words of a thing that is not',
        async (role) => {
          const before = await fingerprint(mira(), world.own.tenantId);
          const answered = await callAll(mira(), foreignCalls(world, role));
          expect(surprisesIn(answered)).toEqual([]);
          expect(shownOf(world.own, answered)).toEqual([]);
          const missing = answered.filter(({ call }) => call.expected === NOT_FOUND);
          expect(missing.length).toBeGreaterThan(0);
          const nobodys = foreignCalls(world, role, NOBODYS).filter(({ expected }) => expected === NOT_FOUND);
          const words = (await callAll(mira(), nobodys)).map(({ answer }) => ({ ...answer.json, request_id: '' }));
          expect(missing.map(({ answer }) => ({ ...answer.json, request_id: '' }))).toEqual(words);
          expect(await fingerprint(mira(), world.own.tenantId)).toEqual(before);
        },
      );

      it.each(['manager', 'user', 'viewer'] as const)(
        'does not exist for the role %s, if it is named',
        async (role) => {
          const { apiKey, token } = world.other.people[role];
          const place = placeOf(world.other.people[role], world.own);
          const named = (tenantId: string) =>
            guardedRows.flatMap((row) =>
              [key(apiKey), bearer(token)].flatMap((credential) => [
                callOf(row, place, { ...credential, 'x-tenant-id': tenantId }, NOT_FOUND),
                withQuery(callOf(row, place, credential, NOT_FOUND), `tenant_id=${tenantId}`),
              ]),
            );
          const before = await fingerprint(mira());
          const answered = await callAll(mira(), [...named(world.own.tenantId), ...named(NOBODYS)]);
          expect(surprisesIn(answered)).toEqual([]);
          const words = answered.map(({ answer }) => JSON.stringify({ ...answer.json, request_id: '' }));
          expect(new Set(words).size).toBe(1);
          expect(await fingerprint(mira())).toEqual(before);
        },
      );

      it.each(['header', 'query'])('is open to an admin who names it in the %s', async (how) => {
        const { tenantId } = world.own;
        const crossing = async (row: Row, withKey: boolean) => {
          const admin = row[1].own
            ? await world.caller(world.other.tenantId, 'admin', world.other.mark)
            : world.other.people.admin;
          const place = await freshPlace(world, row, admin, world.own);
          const credential = withKey ? key(admin.apiKey) : bearer(admin.token);
          const expected = { status: row[1].crossed ?? succeeding(row[1], withKey).status };
          return how === 'header'
            ? callOf(row, place, { ...credential, 'x-tenant-id': tenantId }, expected)
            : withQuery(callOf(row, place, credential, expected), `tenant_id=${tenantId}`);
        };
        const byKey = await forEachOf(guardedRows, (row) => crossing(row, true));
        const byToken = await forEachOf(guardedRows, (row) => crossing(row, false));
        expect(await surprises(mira(), [...byKey, ...byToken])).toEqual([]);
      });

      it('gets no webhook from a sender who names it', async () => {
        const { apiKey, tenantId } = world.other.people.admin;
        const headers = { 'x-api-key': apiKey, 'x-tenant-id': world.own.tenantId };
        const { status, json } = await mira().send('/webhook/generic', '{}', headers);
        expect(status).toBe(202);
        const found = await mira().sql('SELECT tenant_id FROM webhook_events WHERE id = $1', [json['id']]);
        expect(found).toEqual([{ tenant_id: tenantId }]);
      });
    });
  },
  // Nothing is delivered meanwhile, so no replay ends.
  { MIRA_ROLE: 'api', MIRA_WEBHOOK_MAX_REPLAYS: '10000' },
);

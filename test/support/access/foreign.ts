import type { Role } from '@mira/access';
import { bearer, key } from './bad-credentials';
import type { RouteRow } from './route-table';
import {
  type Answered,
  callOf,
  type Expected,
  FORBIDDEN,
  guardedRows,
  mayCall,
  NOT_FOUND,
  placeOf,
  type SweepCall,
} from './sweep';
import type { Place, Tenancy, ThingKind, World } from './world';

/**
 * Somebody of the other tenant, who names no tenant, tries every route with what is this tenant's: its ids in the path
 * and in the body. With another `id` the path names that instead.
 */
export function foreignCalls(world: World, role: Role, id?: string): SweepCall[] {
  const person = world.other.people[role];
  const place = (): Place => {
    const foreign = placeOf(person, world.own);
    return id === undefined ? foreign : { ...foreign, things: all(foreign, id) };
  };
  return guardedRows
    .filter(([, row]) => !(row.seesAllTenants && role === 'admin') && !isAboutTheCaller(row))
    .flatMap((row) =>
      [key(person.apiKey), bearer(person.token)].map((credential) =>
        callOf(row, place(), credential, expectedFor(row[1], role)),
      ),
    );
}

/** What of a tenant's stands in answers that are not for its people. */
export function shownOf({ tenantId, mark, things }: Tenancy, answered: readonly Answered[]): object[] {
  const secrets = [tenantId, mark, ...Object.values(things)];
  return answered.flatMap(({ call, answer }) => {
    const text = answer.body.toString() + JSON.stringify([...answer.headers]);
    // What the caller said themselves is no news to them.
    const shown = secrets.filter(
      (secret) => text.includes(secret) && !`${call.path}${call.body ?? ''}`.includes(secret),
    );
    return shown.length > 0 ? [{ route: call.route, shown }] : [];
  });
}

/** Such as signing out: it has nothing to do with anybody's tenant, and would end the session that tries. */
function isAboutTheCaller({ own, thing, foreignBody }: RouteRow): boolean {
  return own === true && thing === undefined && foreignBody === undefined;
}

function expectedFor(row: RouteRow, role: Role): Expected {
  if (!mayCall(row, role)) return FORBIDDEN;
  if (row.thing !== undefined) return NOT_FOUND;
  if (row.foreignBody === undefined) return { status: row.succeeds };
  // Who may not manage others' keys is not told whether there is such a person.
  return { status: row.foreignBody, type: 'validation-failed' };
}

function all({ things }: Place, id: string): Record<ThingKind, string> {
  return Object.fromEntries(Object.keys(things).map((kind) => [kind, id])) as Record<ThingKind, string>;
}

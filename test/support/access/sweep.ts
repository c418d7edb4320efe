import type { Permission, Role } from '@mira/access';
import { newId } from '../../../src/database/new-id';
import { type Answer, type TestMira } from '../mira';
import { PASSWORD } from '../people';
import { promisedTo } from './contract';
import { ROUTES, type RouteRow } from './route-table';
import type { Caller, Place, Tenancy, World } from './world';

/** So many calls are under way at a time; the embedded database answers more too late on a busy machine. */
const AT_A_TIME = 3;

/** What a call must come to: this very status, and for a refusal this kind of problem. */
export interface Expected {
  readonly status: number;
  readonly type?: string;
}

/** A call that is ready to be made. */
export interface SweepCall {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly expected: Expected;
}

export interface Answered {
  readonly call: SweepCall;
  readonly answer: Answer;
}

export const UNAUTHORIZED: Expected = { status: 401, type: 'unauthorized' };
export const FORBIDDEN: Expected = { status: 403, type: 'forbidden' };
export const NOT_FOUND: Expected = { status: 404, type: 'not-found' };

export const rows: readonly (readonly [string, RouteRow])[] = Object.entries(ROUTES);
/** Those that want to know who calls. */
export const closedRows = rows.filter(([, { needs }]) => needs !== 'nothing');
/** Those that the global guards stand before, and so the one that looks at the tenant. */
export const guardedRows = closedRows.filter(([, { guardedBySender }]) => !guardedBySender);

export function permissionsNeeded({ needs }: RouteRow): readonly Permission[] {
  return typeof needs === 'string' ? [] : needs;
}

export function mayCall(row: RouteRow, role: Role): boolean {
  return permissionsNeeded(row).every((permission) => promisedTo(role).includes(permission));
}

/** Whether a call leaves everything as it was, so that many may have the same thing and the same caller. */
export function isRead(route: string): boolean {
  return route.startsWith('GET ');
}

/** Where a call by somebody happens: in their own tenant, unless it is said whose things it is about. */
export function placeOf(caller: Caller, tenancy: Tenancy, more: Partial<Place> = {}): Place {
  const { things, endpointSecret } = tenancy;
  const member = caller.tenantId === tenancy.tenantId ? caller.userId : tenancy.people.viewer.userId;
  return { caller, password: PASSWORD, member, things, endpointSecret, name: `made-${newId()}`, ...more };
}

/** The same with a thing of its own, made for this call, where the call could change it. */
export async function freshPlace(
  world: World,
  [route, row]: readonly [string, RouteRow],
  caller: Caller,
  tenancy: Tenancy,
): Promise<Place> {
  const place = placeOf(caller, tenancy);
  if (row.thing === undefined || (isRead(route) && !row.own)) return place;
  const thing = await world.thing(row.thing, tenancy, place.member);
  return { ...place, things: { ...place.things, [row.thing]: thing } };
}

export function callOf(
  [route, row]: readonly [string, RouteRow],
  place: Place,
  credential: Readonly<Record<string, string>>,
  expected: Expected,
): SweepCall {
  const [method = '', template = ''] = route.split(' ');
  const path = template.replaceAll(/:(\w+)/g, (_all, name: string) => row.params?.[name] ?? idIn(row, place, name));
  const sent = row.body?.(place);
  const body = sent === undefined ? undefined : JSON.stringify(sent);
  const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { ...json, ...row.headers?.(place, body ?? ''), ...credential };
  return { route, method, path: row.query ? `${path}?${row.query}` : path, body, headers, expected };
}

/** The same call with one more parameter in its query. */
export function withQuery(call: SweepCall, query: string): SweepCall {
  return { ...call, path: `${call.path}${call.path.includes('?') ? '&' : '?'}${query}` };
}

export function callAll(mira: TestMira, calls: readonly SweepCall[]): Promise<Answered[]> {
  return forEachOf(calls, async (call) => {
    const { method, path, body, headers } = call;
    return { call, answer: await mira.call(method, path, body, { apiKey: null, headers }) };
  });
}

/** Makes the calls and tells which were not answered as they should have been; nothing is what one hopes for. */
export async function surprises(mira: TestMira, calls: readonly SweepCall[]): Promise<object[]> {
  return surprisesIn(await callAll(mira, calls));
}

export function surprisesIn(answered: readonly Answered[]): object[] {
  return answered.flatMap(({ call, answer }) => {
    const { route, path, expected } = call;
    const refused = expected.type !== undefined;
    const isAsExpected =
      answer.status === expected.status &&
      (!refused || answer.json['type'] === `urn:mira:problem:${expected.type}`) &&
      (!refused || answer.headers.get('content-type') === 'application/problem+json') &&
      (answer.status !== 401 || answer.headers.get('www-authenticate')?.startsWith('Bearer') === true);
    return isAsExpected ? [] : [{ route, path, expected, status: answer.status, json: answer.json }];
  });
}

/** Does the work for each of them, not for all at the same time; what it comes to is in the order of the items. */
export async function forEachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return results;
}

function idIn({ thing: last, within }: RouteRow, { things }: Place, parameter: string): string {
  const thing = within?.[parameter] ?? last;
  if (thing === undefined) throw new Error('the row says neither which thing nor which parameter the path names');
  return things[thing];
}

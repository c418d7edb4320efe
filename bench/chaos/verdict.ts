import type { Books } from './books.ts';
import type { Told } from './load.ts';
import type { Limits } from './scene.ts';

/** Deliveries that stand so have come to their end, as far as n8n can be asked; or the plan allows no more of them. */
export const ENDED: ReadonlySet<string> = new Set(['accepted', 'succeeded', 'held workflow_quota']);

/** All that is known of one tenant after a round: what senders were told, what is stored, what n8n got. */
export interface Account {
  readonly name: string;
  readonly told: Pick<Told, 'acknowledged' | 'refused' | 'untold'>;
  readonly books: Books;
  /** How often n8n took each event. */
  readonly taken: ReadonlyMap<string, number>;
  /** Null where the tenant has none, or they began anew within the round. */
  readonly limits: Limits | null;
}

/** So many events are named, of those that something is wrong with. */
const NAMED = 20;

/** What went wrong, in words; nothing where every event was stored once, delivered, and counted once. */
export function faultsOf(account: Account): string[] {
  const { told, books, limits } = account;
  const acknowledged = new Set(told.acknowledged);
  const faults = [
    told.acknowledged.length > 0 ? null : 'nothing was acknowledged, so nothing was proved',
    told.untold === 0 ? null : `${told.untold} webhooks were never told what became of them`,
    acknowledged.size === told.acknowledged.length
      ? null
      : `${told.acknowledged.length} webhooks were acknowledged as ${acknowledged.size} events`,
    naming('acknowledged and lost', without(acknowledged, books.stored)),
    ...faultsOfStored(account, acknowledged),
    ...faultsOfDeliveries(account),
    ...(limits ? faultsOfLimits(account, limits) : []),
  ];
  return faults.flatMap((fault) => (fault === null ? [] : [`${account.name}: ${fault}`]));
}

/** Senders repeat what they were not told about, so in the end they know of all that is stored. */
function faultsOfStored({ books, limits }: Account, acknowledged: ReadonlySet<string>): (string | null)[] {
  const filled = limits?.filled ?? 0;
  const unknown = [...books.stored].filter((id) => !acknowledged.has(id));
  return [
    unknown.length === filled ? null : naming('stored and not acknowledged, or twice', unknown.slice(filled)),
    books.webhooksCounted === books.stored.size
      ? null
      : `${books.webhooksCounted} were counted, and ${books.stored.size} are stored`,
  ];
}

function faultsOfDeliveries({ told, books, taken }: Account): (string | null)[] {
  const [ended, open] = ['ended', 'open'].map((kind) =>
    [...books.deliveries].filter(([state]) => ENDED.has(state) === (kind === 'ended')),
  );
  const kept = told.acknowledged.filter((id) => books.stored.has(id));
  const given = new Set([...books.deliveries.values()].flat());
  const untaken = (ended ?? [])
    .filter(([state]) => !state.startsWith('held'))
    .flatMap(([, ids]) => without(ids, taken));
  return [
    naming('stored, and to be delivered to nobody', without(kept, given)),
    ...(open ?? []).map(([state, ids]) => naming(`not delivered, but ${state}`, ids)),
    naming('said to be delivered, but n8n never took them', untaken),
  ];
}

function faultsOfLimits({ told, books }: Account, limits: Limits): (string | null)[] {
  const wanted = (what: string, expected: number, seen: number): string | null =>
    expected === seen ? null : `${what}: ${seen}, not ${expected}`;
  const held = books.deliveries.get('held workflow_quota')?.length ?? 0;
  const made = books.deliveries.get('accepted')?.length ?? 0;
  const { filled, webhooksADay, workflowsAMonth } = limits;
  return [
    told.refused > 0 ? null : 'the day was not used up, so its limit was not tried',
    wanted('webhooks of a day that are stored', webhooksADay, books.stored.size),
    wanted('workflows of a month that were run', workflowsAMonth, made),
    wanted('workflows of a month that were counted', workflowsAMonth, books.workflowsCounted),
    wanted('deliveries that wait for the next month', webhooksADay - filled - workflowsAMonth, held),
  ];
}

function without(ids: Iterable<string>, known: { has(id: string): boolean }): string[] {
  return [...ids].filter((id) => !known.has(id));
}

function naming(what: string, ids: readonly string[]): string | null {
  if (ids.length === 0) return null;
  const more = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : '';
  return `${ids.length} ${what}: ${ids.slice(0, NAMED).join(', ')}${more}`;
}

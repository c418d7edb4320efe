import type { Actor, AuditAct } from '@mira/audit';
import { createHash } from 'node:crypto';
import { masked, storable } from './audit.masking';

/** Fields that tell who somebody is: they are kept beside the chain, so that they can be erased. */
const PERSONAL_FIELDS: ReadonlySet<string> = new Set(['username', 'email', 'allowed_networks']);

type Fields = Record<string, unknown>;

/** What is hashed of an entry, as the JSON text that is stored. To change it is to make another `form`. */
export interface AuditContent {
  readonly id: string;
  readonly at_ms: number;
  readonly user_id: string | null;
  readonly api_key_id: string | null;
  /** Whose own tenant it is, where an admin acted in another. */
  readonly home_tenant_id: string | null;
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string | null;
  readonly outcome: 'allowed' | 'denied';
  readonly request_id: string | null;
  readonly before: Fields | null;
  readonly after: Fields | null;
  /** SHA-256 of the salt and the personal text, in hex; null where there is none. */
  readonly personal_digest: string | null;
}

/** What can be erased of an entry. */
export interface PersonalContent {
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly before: Fields | null;
  readonly after: Fields | null;
}

/** An entry as it goes into its row. */
export interface AuditTexts {
  readonly content: string;
  readonly personal: string | null;
  readonly salt: Buffer | null;
}

/** @param salt 16 random bytes, so that what was erased cannot be guessed by its digest */
export function textsOf(who: Actor, act: AuditAct, made: { id: string; at: Date; salt: Buffer }): AuditTexts {
  const [before, personalBefore] = parted(act.before);
  const [after, personalAfter] = parted(act.after);
  const address = who.origin?.address ?? null;
  const userAgent = who.origin?.userAgent ?? null;
  const knowsPerson = [address, userAgent, personalBefore, personalAfter].some((part) => part !== null);
  const personal: PersonalContent = {
    address,
    user_agent: userAgent === null ? null : storable(userAgent),
    before: personalBefore,
    after: personalAfter,
  };
  const personalText = knowsPerson ? JSON.stringify(personal) : null;
  const content: AuditContent = {
    id: made.id,
    at_ms: made.at.getTime(),
    user_id: who.userId,
    api_key_id: who.apiKeyId,
    home_tenant_id: who.homeTenantId === undefined || who.homeTenantId === who.tenantId ? null : who.homeTenantId,
    action: storable(act.action),
    resource_type: storable(act.resourceType),
    resource_id: act.resourceId === null ? null : storable(act.resourceId),
    outcome: act.outcome ?? 'allowed',
    request_id: who.origin?.requestId ?? null,
    before,
    after,
    personal_digest: personalText === null ? null : personalDigest(made.salt, personalText),
  };
  return { content: JSON.stringify(content), personal: personalText, salt: personalText === null ? null : made.salt };
}

export function personalDigest(salt: Buffer, personal: string): string {
  return createHash('sha256').update(salt).update(personal).digest('hex');
}

/** What may stay for ever, and what may have to go; null where there is nothing. */
function parted(given: object | undefined): [Fields | null, Fields | null] {
  if (given === undefined) return [null, null];
  const [others, ofPerson]: [Fields, Fields] = [{}, {}];
  for (const [name, value] of Object.entries(given)) {
    const part = PERSONAL_FIELDS.has(name) ? ofPerson : others;
    part[storable(name)] = masked(value, name);
  }
  return [others, Object.keys(ofPerson).length === 0 ? null : ofPerson];
}

import { AccessLease, type Principal } from '@mira/access';
import { decodeCursor, type Page, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import type { User } from '../user.entity';
import type { CreateApiKeyDto, ListApiKeysQuery, RotateApiKeyDto } from './api-key.dto';
import { ApiKey } from './api-key.entity';
import { generateApiKey, hashApiKey } from './api-key.format';
import type { Reach } from './api-key.reach';
import { ApiKeyRepository } from './api-key.repository';
import {
  holdToNoMore,
  holdToOwner,
  holdToReach,
  isOwn,
  mayManageOthers,
  reachOf,
  renewed,
  rolesUpTo,
  unnarrowed,
} from './api-key.rules';

/** A key with its text, which can be seen this once. */
export interface KeyWithSecret {
  readonly key: ApiKey;
  readonly secret: string;
}

/** Keeps people's API keys. Nobody makes one, or gets to see one anew, that can do more than they can themselves. */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly keys: ApiKeyRepository,
    private readonly lease: AccessLease,
  ) {}

  /** Adds a key without bounds within the caller's transaction and returns it in the clear. */
  async add(manager: EntityManager, owner: { tenantId: string; userId: string }, name: string): Promise<string> {
    const secret = generateApiKey();
    await this.keys.save(manager, aKey(owner.tenantId, owner.userId, { name, keyHash: hashApiKey(secret) }));
    return secret;
  }

  async create(who: Principal, wanted: CreateApiKeyDto): Promise<KeyWithSecret> {
    const ownerId = wanted.user_id?.toLowerCase() ?? ownId(who);
    const callers = await this.reachOfCaller(who);
    const expiresAt = wanted.expires_at ? inFuture(new Date(wanted.expires_at)) : callers.expiresAt;
    const networks = wanted.allowed_networks ?? callers.networks;
    const secret = generateApiKey();
    const key = await this.database.transaction(who.tenantId, async (manager) => {
      const owner = await this.keys.owner(manager, who.tenantId, ownerId);
      if (!owner) throw problems.validationFailed([{ field: 'user_id', message: 'there is no such user' }]);
      holdToOwner(who, owner);
      const permissions = wanted.permissions ?? unnarrowed(isOwn(who, ownerId), owner.role, callers);
      const given = { permissions: new Set(permissions ?? callers.permissions), networks, expiresAt };
      holdToReach(given, callers);
      const made = {
        name: wanted.name,
        keyHash: hashApiKey(secret),
        permissions,
        allowedNetworks: networks && [...networks],
        expiresAt,
      };
      return this.keys.save(manager, aKey(who.tenantId, ownerId, made));
    });
    return { key, secret };
  }

  /** One's own; those of others, too, for who may manage them. */
  async list(who: Principal, { limit, cursor, user_id }: ListApiKeysQuery): Promise<Page<ApiKey>> {
    const before = decodeCursor(cursor);
    const asked = user_id?.toLowerCase() ?? null;
    const ownerId = mayManageOthers(who) ? asked : who.userId;
    if (asked !== null && asked !== ownerId) return { data: [], next_cursor: null };
    const rows = await this.database.transaction(who.tenantId, (manager) =>
      this.keys.list(manager, who.tenantId, { ownerId, ownerRoles: rolesUpTo(who.role) }, { limit: limit + 1, before }),
    );
    return toPage(rows, limit, ({ id }) => id);
  }

  async get(who: Principal, id: string): Promise<ApiKey> {
    return this.database.transaction(who.tenantId, async (manager) => {
      const { key } = await this.manageable(manager, who, await this.keys.find(manager, who.tenantId, id));
      return key;
    });
  }

  /** Gives the key another text; the one before is good for the grace, the one before that no more. */
  async rotate(who: Principal, id: string, { grace_seconds: grace }: RotateApiKeyDto): Promise<KeyWithSecret> {
    const callers = await this.reachOfCaller(who);
    const secret = generateApiKey();
    const rotated = await this.database.transaction(who.tenantId, async (manager) => {
      const { key, owner } = await this.managedAndLocked(manager, who, id);
      holdToReach(reachOf(key, owner.role), callers);
      key.previousKeyHash = grace > 0 ? key.keyHash : null;
      key.previousExpiresAt = grace > 0 ? new Date(Date.now() + grace * 1_000) : null;
      key.keyHash = hashApiKey(secret);
      key.permissions = renewed(key, isOwn(who, owner.id), owner.role, callers);
      return this.keys.save(manager, key);
    });
    await this.lease.passed();
    return { key: rotated, secret };
  }

  async remove(who: Principal, id: string): Promise<void> {
    await this.database.transaction(who.tenantId, async (manager) => {
      const { key, owner } = await this.managedAndLocked(manager, who, id);
      holdToNoMore(who, key, owner);
      await this.keys.delete(manager, who.tenantId, key.id);
    });
    await this.lease.passed();
  }

  private async managedAndLocked(manager: EntityManager, who: Principal, id: string) {
    return this.manageable(manager, who, await this.keys.findAndLock(manager, who.tenantId, id));
  }

  /** For those who may manage nobody else's, there is no key but their own. */
  private async manageable(
    manager: EntityManager,
    who: Principal,
    key: ApiKey | null,
  ): Promise<{ key: ApiKey; owner: User }> {
    const owner = key && (await this.keys.owner(manager, who.tenantId, key.userId));
    if (!key || !owner || (!isOwn(who, owner.id) && !mayManageOthers(who))) {
      throw problems.notFound('There is no such API key.');
    }
    holdToOwner(who, owner);
    return { key, owner };
  }

  /** A person's is bounded by their permissions alone; a key's by its networks and its end as well. */
  private async reachOfCaller(who: Principal): Promise<Reach> {
    const { permissions, apiKeyId, homeTenantId = who.tenantId } = who;
    if (apiKeyId === null) return { permissions, networks: null, expiresAt: null };
    const key = await this.database.transaction(homeTenantId, (manager) =>
      this.keys.find(manager, homeTenantId, apiKeyId),
    );
    if (!key) throw problems.unauthorized('The API key was taken back.');
    return { permissions, networks: key.allowedNetworks, expiresAt: key.expiresAt };
  }
}

function aKey(tenantId: string, userId: string, more: Partial<ApiKey>): ApiKey {
  return Object.assign(new ApiKey(), { tenantId, id: newId(), userId, permissions: null }, more);
}

function ownId(who: Principal): string {
  if (who.userId !== null && isOwn(who, who.userId)) return who.userId;
  throw problems.validationFailed([{ field: 'user_id', message: 'must say whose key it is to be, in this tenant' }]);
}

function inFuture(time: Date): Date {
  if (time.getTime() > Date.now()) return time;
  throw problems.validationFailed([{ field: 'expires_at', message: 'must be in the future' }]);
}

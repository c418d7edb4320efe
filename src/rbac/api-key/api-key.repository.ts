import type { Role } from '@mira/access';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { User } from '../user.entity';
import { ApiKey } from './api-key.entity';

export interface KeyFilter {
  /** Null: of anybody. */
  readonly ownerId: string | null;
  readonly ownerRoles: readonly Role[];
}

/** Asks the database for API keys, inside the caller's tenant-scoped transaction. */
@Injectable()
export class ApiKeyRepository {
  async save(manager: EntityManager, key: ApiKey): Promise<ApiKey> {
    return manager.save(key);
  }

  /** Newest first, those before `before`. */
  async list(
    manager: EntityManager,
    tenantId: string,
    { ownerId, ownerRoles }: KeyFilter,
    { limit, before }: { limit: number; before: string | null },
  ): Promise<ApiKey[]> {
    const query = manager
      .createQueryBuilder(ApiKey, 'key')
      .innerJoin(User, 'owner', 'owner.tenantId = key.tenantId AND owner.id = key.userId')
      .where('key.tenantId = :tenantId AND key.revokedAt IS NULL', { tenantId })
      .andWhere('owner.role = ANY (:ownerRoles)', { ownerRoles })
      .orderBy('key.id', 'DESC')
      .limit(limit);
    if (ownerId !== null) query.andWhere('key.userId = :ownerId', { ownerId });
    if (before !== null) query.andWhere('key.id < :before', { before });
    return query.getMany();
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<ApiKey | null> {
    return manager.findOne(ApiKey, { where: { tenantId, id } });
  }

  /** Keeps the row from changes until the transaction ends. */
  async findAndLock(manager: EntityManager, tenantId: string, id: string): Promise<ApiKey | null> {
    return manager.findOne(ApiKey, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  async delete(manager: EntityManager, tenantId: string, id: string): Promise<void> {
    await manager.delete(ApiKey, { tenantId, id });
  }

  async owner(manager: EntityManager, tenantId: string, userId: string): Promise<User | null> {
    return manager.findOneBy(User, { tenantId, id: userId });
  }
}

import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { User } from '../user.entity';

/** Asks the database for users, inside the caller's tenant-scoped transaction. */
@Injectable()
export class UserRepository {
  /** Newest first, those before `before`. */
  async list(manager: EntityManager, tenantId: string, limit: number, before: string | null): Promise<User[]> {
    return manager.find(User, {
      where: { tenantId, ...(before === null ? {} : { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<User | null> {
    return manager.findOneBy(User, { tenantId, id });
  }

  async lock(manager: EntityManager, tenantId: string, id: string): Promise<User | null> {
    return manager.findOne(User, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  /**
   * Holds the user and all active admins of the tenant until the transaction ends, so that two who take an admin away
   * go one after the other. In one statement and by id: two that lock the same rows never wait for each other in a circle.
   */
  async lockAmongAdmins(
    manager: EntityManager,
    tenantId: string,
    id: string,
  ): Promise<{ user: User | null; hasOtherAdmin: boolean }> {
    const held = await manager.find(User, {
      where: [
        { tenantId, id },
        { tenantId, role: 'admin', active: true },
      ],
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    return { user: held.find((user) => user.id === id) ?? null, hasOtherAdmin: held.some((user) => user.id !== id) };
  }

  /** Adds them, or writes what was changed of them. */
  async save(manager: EntityManager, user: User): Promise<User> {
    return manager.save(user);
  }

  /** Their API keys go with them. */
  async delete(manager: EntityManager, { tenantId, id }: User): Promise<void> {
    await manager.delete(User, { tenantId, id });
  }
}

import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { WebhookEndpoint } from './webhook-endpoint.entity';

/** Asks the database for endpoints, inside the caller's tenant-scoped transaction. */
@Injectable()
export class EndpointRepository {
  /** Newest first, those before `before`. */
  async list(
    manager: EntityManager,
    tenantId: string,
    limit: number,
    before: string | null,
  ): Promise<WebhookEndpoint[]> {
    return manager.find(WebhookEndpoint, {
      where: { tenantId, ...(before === null ? {} : { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<WebhookEndpoint | null> {
    return manager.findOneBy(WebhookEndpoint, { tenantId, id });
  }

  /** Holds the row until the transaction ends, so that changes come one after the other. */
  async lock(manager: EntityManager, tenantId: string, id: string): Promise<WebhookEndpoint | null> {
    return manager.findOne(WebhookEndpoint, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Adds it, or writes what was changed of it. */
  async save(manager: EntityManager, endpoint: WebhookEndpoint): Promise<WebhookEndpoint> {
    return manager.save(endpoint);
  }

  async delete(manager: EntityManager, tenantId: string, id: string): Promise<void> {
    await manager.delete(WebhookEndpoint, { tenantId, id });
  }
}

import { MiraConfig } from '../../src/config/mira.config';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import type { TestDatabase } from './databases';

/** The queue of this database, ready; to be put away with `onApplicationShutdown`. */
export async function aQueue({ dataSource, target }: TestDatabase): Promise<DeliveryQueue> {
  const queue = new DeliveryQueue(new MiraConfig(), dataSource, target);
  await queue.onModuleInit();
  return queue;
}

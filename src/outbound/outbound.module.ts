import { AddressPolicy, OutboundClient } from '@mira/outbound';
import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { MiraConfig } from '../config/mira.config';

/**
 * The one way out for requests to addresses that tenants named. Shared by all who send, so that connections are
 * shared too and no feature can forget the address policy.
 */
@Global()
@Module({
  providers: [
    {
      provide: AddressPolicy,
      inject: [MiraConfig],
      useFactory: ({ outbound }: MiraConfig) => new AddressPolicy(outbound.allow),
    },
    {
      provide: OutboundClient,
      inject: [AddressPolicy, MiraConfig],
      // Whatever may be under way at a time may all go to one n8n: waiting for a connection would eat its timeout.
      useFactory: (policy: AddressPolicy, { delivery }: MiraConfig) =>
        new OutboundClient(policy, { connectionsPerOrigin: delivery.concurrency }),
    },
  ],
  exports: [AddressPolicy, OutboundClient],
})
export class OutboundModule implements OnApplicationShutdown {
  constructor(private readonly client: OutboundClient) {}

  /** The last of Nest's hooks: whoever sends has had the time that a shutdown gives. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close(0);
  }
}

import { HOPS_HEADER } from '@mira/internal-event';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../config/mira.config';
import { newId } from '../../database/new-id';
import { IntegrationService } from '../integration.service';
import { USER_AGENT } from '../user-agent';
import { HttpReceiver } from './http.receiver';
import { type HttpTestView, httpTestView } from './http-test-view.dto';

const TEST_EVENT = 'webhook.test';

/** Sends a receiver one signed event that means nothing, so that somebody can see whether it takes what Mira sends. */
@Injectable()
export class HttpTester {
  constructor(
    private readonly config: MiraConfig,
    private readonly integrations: IntegrationService,
    private readonly receiver: HttpReceiver,
  ) {}

  /** Once, whatever comes back. It is no delivery: nothing of it is kept. */
  async test(tenantId: string, integrationId: string): Promise<HttpTestView> {
    const connection = await this.integrations.httpConnection(tenantId, integrationId);
    if (!connection) throw problems.notFound('There is no such integration of kind http.');
    const id = newId();
    const event = {
      type: TEST_EVENT,
      data: { integration_id: connection.integrationId },
      occurred_at: new Date().toISOString(),
    };
    const result = await this.receiver.post(connection, {
      id,
      body: Buffer.from(JSON.stringify(event)),
      timeoutMs: this.config.delivery.timeout_ms,
      headersOf: ({ timestampSeconds, signature }) => ({
        'user-agent': USER_AGENT,
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signature,
        'x-mira-service': 'mira',
        'x-mira-event-type': TEST_EVENT,
        [HOPS_HEADER]: '1',
      }),
    });
    return httpTestView(id, result);
  }
}

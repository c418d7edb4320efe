import { Injectable } from '@nestjs/common';
import type { HttpTestView } from './http/http-test-view.dto';
import { HttpTester } from './http/http.tester';
import { IntegrationService } from './integration.service';
import type { ConnectionTestView } from './n8n-view.dto';
import { N8nService } from './n8n.service';

/** Tries an integration as its kind asks for: an n8n is asked questions, a receiver is sent an event that means nothing. */
@Injectable()
export class IntegrationTester {
  constructor(
    private readonly integrations: IntegrationService,
    private readonly n8n: N8nService,
    private readonly http: HttpTester,
  ) {}

  async test(tenantId: string, id: string): Promise<ConnectionTestView | HttpTestView> {
    const { kind } = await this.integrations.get(tenantId, id);
    switch (kind) {
      case 'n8n':
        return this.n8n.test(tenantId, id);
      case 'http':
        return this.http.test(tenantId, id);
    }
  }
}

import type { Actor } from '@mira/audit';
import { Injectable } from '@nestjs/common';
import { HttpTester } from './http/http.tester';
import type { ConnectedIntegrationView, IntegrationTestView } from './integration-test-view.dto';
import type { CreateIntegrationDto } from './integration.dto';
import type { IntegrationKind } from './integration.entity';
import { IntegrationService } from './integration.service';
import { N8nService } from './n8n.service';
import { TenantCalls } from './tenant.calls';

/** Tests an integration as its kind is tested. */
@Injectable()
export class IntegrationTester {
  constructor(
    private readonly integrations: IntegrationService,
    private readonly n8n: N8nService,
    private readonly http: HttpTester,
    private readonly calls: TenantCalls,
  ) {}

  async connect(who: Actor, creation: CreateIntegrationDto): Promise<ConnectedIntegrationView> {
    // As a whole: what is made must be answered with, for its secret is told this once.
    return this.calls.during(who.tenantId, async () => {
      const created = await this.integrations.create(who, creation);
      return Object.assign(created, { test: await this.testOf(created.kind, who.tenantId, created.id) });
    });
  }

  async test(tenantId: string, id: string): Promise<IntegrationTestView> {
    const { kind } = await this.integrations.get(tenantId, id);
    return this.calls.during(tenantId, () => this.testOf(kind, tenantId, id));
  }

  private testOf(kind: IntegrationKind, tenantId: string, id: string): Promise<IntegrationTestView> {
    switch (kind) {
      case 'n8n':
        return this.n8n.test(tenantId, id);
      case 'http':
        return this.http.test(tenantId, id);
    }
  }
}

import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { AddressPolicy } from '@mira/outbound';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { generateStandardSecret } from '@mira/signature';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../database/new-id';
import { SecretCipher } from '../database/secret.cipher';
import { TenantDatabase } from '../database/tenant.database';
import { FeatureService } from '../enterprise/plan/feature.service';
import { LimitService } from '../enterprise/plan/limit.service';
import type { Feature } from '../enterprise/plan/plans';
import { UsageService } from '../enterprise/usage/usage.service';
import { readBaseUrl } from './base-url';
import { type N8nConnection, openConnection, sealApiKey, sealSigningSecret } from './integration.connection';
import type { CreateIntegrationDto, UpdateIntegrationDto, UpdateN8nConfigDto } from './integration.dto';
import { Integration, type IntegrationKind } from './integration.entity';
import { IntegrationRepository } from './integration.repository';
import {
  type IntegrationView,
  integrationView,
  type IntegrationWithSecretView,
  integrationWithSecretView,
} from './integration-view.dto';

const acts = actsOn('integration');

/** Keeps the n8n servers that a tenant connected. Secrets go in and are used; a new signing secret comes out once. */
@Injectable()
export class IntegrationService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly integrations: IntegrationRepository,
    private readonly cipher: SecretCipher,
    private readonly policy: AddressPolicy,
    private readonly features: FeatureService,
    private readonly limits: LimitService,
    private readonly usage: UsageService,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<Page<IntegrationView>> {
    const before = decodeCursor(cursor);
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.integrations.list(manager, tenantId, limit + 1, before),
    );
    return toPage(rows.map(integrationView), limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<IntegrationView> {
    return integrationView(await this.found(tenantId, id));
  }

  /** @throws Problem `feature-not-in-plan`; `limit-reached` where the plan has no room for one more */
  async create(who: Actor, { kind, name, config }: CreateIntegrationDto): Promise<IntegrationWithSecretView> {
    const { tenantId } = who;
    await this.features.require(tenantId, FEATURE_OF[kind]);
    const { baseUrl } = this.checkedBaseUrl(config.base_url);
    const row = { tenantId, id: newId() };
    const signingSecret = generateStandardSecret();
    const integration = Object.assign(new Integration(), row, {
      kind,
      name,
      baseUrl,
      apiKey: sealApiKey(this.cipher, row, config.api_key ?? null),
      signingSecret: sealSigningSecret(this.cipher, row, signingSecret),
    });
    return this.database.transaction(tenantId, async (manager) => {
      await this.limits.reserve(manager, tenantId, 'max_integrations');
      const saved = await this.integrations.save(manager, integration);
      await this.countActive(manager, tenantId);
      await this.trail.record(manager, who, acts.created(integrationView(saved)));
      return integrationWithSecretView(saved, signingSecret);
    });
  }

  async update(who: Actor, id: string, { name, config }: UpdateIntegrationDto): Promise<IntegrationView> {
    const changed = await this.change(who, id, 'updated', (integration) => {
      if (name !== undefined) integration.name = name;
      if (config) this.configure(integration, config);
    });
    return integrationView(changed);
  }

  async rotateSigningSecret(who: Actor, id: string): Promise<IntegrationWithSecretView> {
    const signingSecret = generateStandardSecret();
    const changed = await this.change(who, id, 'signing_secret_rotated', (integration) => {
      integration.signingSecret = sealSigningSecret(this.cipher, integration, signingSecret);
    });
    return integrationWithSecretView(changed, signingSecret);
  }

  /** @throws Problem `conflict` while routes lead to it: their events would have nowhere to go */
  async remove(who: Actor, id: string): Promise<void> {
    const { tenantId } = who;
    await this.database.transaction(tenantId, async (manager) => {
      await this.limits.hold(manager, tenantId, 'max_integrations');
      const integration = await this.integrations.findAndLock(manager, tenantId, id);
      if (!integration) throw notFound();
      const routes = await this.integrations.countRoutesTo(manager, tenantId, id);
      if (routes > 0) throw stillUsed(routes);
      await this.integrations.delete(manager, tenantId, id);
      await this.countActive(manager, tenantId);
      await this.trail.record(manager, who, acts.deleted(integrationView(integration)));
    });
  }

  /** Whether the tenant has it, within the caller's transaction. */
  async exists(manager: EntityManager, tenantId: string, id: string): Promise<boolean> {
    return this.integrations.exists(manager, tenantId, id);
  }

  /** What is needed to call it; null where the tenant has no such integration. */
  async connection(tenantId: string, id: string): Promise<N8nConnection | null> {
    const row = await this.database.transaction(tenantId, (manager) => this.integrations.find(manager, tenantId, id));
    if (!row) return null;
    const { baseUrl: base_url, apiKey: api_key, signingSecret: signing_secret } = row;
    return openConnection(this.cipher, { tenant_id: tenantId, id, base_url, api_key, signing_secret });
  }

  private async countActive(manager: EntityManager, tenantId: string): Promise<void> {
    await this.usage.level(manager, tenantId, 'integrations_active', await this.integrations.count(manager, tenantId));
  }

  private async found(tenantId: string, id: string): Promise<Integration> {
    const integration = await this.database.transaction(tenantId, (manager) =>
      this.integrations.find(manager, tenantId, id),
    );
    if (!integration) throw notFound();
    return integration;
  }

  private async change(
    who: Actor,
    id: string,
    verb: string,
    edit: (integration: Integration) => void,
  ): Promise<Integration> {
    const { tenantId } = who;
    return this.database.transaction(tenantId, async (manager) => {
      const integration = await this.integrations.findAndLock(manager, tenantId, id);
      if (!integration) throw notFound();
      const before = integrationView(integration);
      edit(integration);
      const saved = await this.integrations.save(manager, integration);
      await this.integrations.probeHolds(manager, tenantId, id);
      await this.trail.record(manager, who, acts.did(verb, id, { before, after: integrationView(saved) }));
      return saved;
    });
  }

  /**
   * A stored key was given for one host. Whoever points the integration at another must know the key, or else
   * changing the address would be a way to have it sent to oneself.
   */
  private configure(integration: Integration, { base_url, api_key }: UpdateN8nConfigDto): void {
    if (base_url !== undefined) {
      const { baseUrl, origin } = this.checkedBaseUrl(base_url);
      const isOtherHost = new URL(integration.baseUrl).origin !== origin;
      if (isOtherHost && integration.apiKey !== null && api_key === undefined) throw apiKeyNeeded();
      integration.baseUrl = baseUrl;
    }
    if (api_key !== undefined) integration.apiKey = sealApiKey(this.cipher, integration, api_key);
  }

  private checkedBaseUrl(text: string): { baseUrl: string; origin: string } {
    const read = readBaseUrl(text, this.policy);
    if (read.kind === 'ok') return read;
    throw problems.validationFailed([{ field: 'config.base_url', message: read.message }]);
  }
}

/** What the plan must have for each kind of integration that is made. */
const FEATURE_OF = { n8n: 'n8n_integration' } as const satisfies Record<IntegrationKind, Feature>;

function notFound() {
  return problems.notFound('There is no such integration.');
}

function stillUsed(routes: number) {
  const them = routes === 1 ? '1 route leads' : `${routes} routes lead`;
  return problems.conflict(`${them} to this integration; delete or change what leads there first.`, { routes });
}

function apiKeyNeeded() {
  const message = 'must be given again, or as null, because the stored one was given for another host';
  return problems.validationFailed([{ field: 'config.api_key', message }]);
}

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
import { type HttpConnection, openHttpConnection } from './http/http.connection';
import { type N8nConnection, openConnection, resealAsPrevious, sealSigningSecret } from './integration.connection';
import type {
  CreateIntegrationDto,
  HttpConfigDto,
  RotateSigningSecretDto,
  UpdateIntegrationDto,
} from './integration.dto';
import { Integration, type IntegrationKind } from './integration.entity';
import { IntegrationRepository } from './integration.repository';
import { changeSettings, settingsOf } from './integration.settings';
import {
  type IntegrationView,
  integrationView,
  type IntegrationWithSecretView,
  integrationWithSecretView,
} from './integration-view.dto';

const acts = actsOn('integration');

/** Keeps the n8n servers and other receivers that a tenant connected. Secrets go in and are used; a new signing secret comes out once. */
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
    if ('url' in config) await this.requireForHeaders(tenantId, config.headers);
    const row = { tenantId, id: newId() };
    const signingSecret = generateStandardSecret();
    const integration = Object.assign(new Integration(), row, {
      kind,
      name,
      ...settingsOf(this.tools, row, config),
      signingSecret: sealSigningSecret(this.cipher, row, signingSecret),
      previousSigningSecret: null,
      previousSigningSecretExpiresAt: null,
    });
    return this.database.transaction(tenantId, async (manager) => {
      await this.limits.reserve(manager, tenantId, 'max_integrations');
      const saved = await this.integrations.save(manager, integration);
      await this.countActive(manager, tenantId);
      await this.trail.record(manager, who, acts.created(integrationView(saved)));
      return integrationWithSecretView(saved, signingSecret);
    });
  }

  /** @throws Problem `feature-not-in-plan` where it gets headers of its own and the plan has none */
  async update(who: Actor, id: string, { name, config }: UpdateIntegrationDto): Promise<IntegrationView> {
    await this.requireForHeaders(who.tenantId, config?.headers);
    const changed = await this.change(who, id, 'updated', (integration) => {
      if (name !== undefined) integration.name = name;
      if (config) changeSettings(this.tools, integration, config);
    });
    return integrationView(changed);
  }

  /** The secret before signs on, beside the new one, for `grace_seconds`; an older one ends here. */
  async rotateSigningSecret(
    who: Actor,
    id: string,
    { grace_seconds }: RotateSigningSecretDto,
  ): Promise<IntegrationWithSecretView> {
    const signingSecret = generateStandardSecret();
    const expiresAt = grace_seconds > 0 ? new Date(Date.now() + grace_seconds * 1_000) : null;
    const changed = await this.change(who, id, 'signing_secret_rotated', (integration) => {
      const { signingSecret: before } = integration;
      integration.previousSigningSecret = expiresAt && resealAsPrevious(this.cipher, integration, before);
      integration.previousSigningSecretExpiresAt = expiresAt;
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

  /** Of which kind it is, within the caller's transaction; null where the tenant has no such integration. */
  async kindOf(manager: EntityManager, tenantId: string, id: string): Promise<IntegrationKind | null> {
    return (await this.integrations.find(manager, tenantId, id))?.kind ?? null;
  }

  /** What is needed to call an n8n; null where the tenant has no such integration. */
  async connection(tenantId: string, id: string): Promise<N8nConnection | null> {
    const row = await this.database.transaction(tenantId, (manager) => this.integrations.find(manager, tenantId, id));
    return row?.kind === 'n8n' ? openConnection(this.cipher, sealedRow(row)) : null;
  }

  /** What is needed to call a receiver; null where the tenant has no such integration. */
  async httpConnection(tenantId: string, id: string): Promise<HttpConnection | null> {
    const row = await this.database.transaction(tenantId, (manager) => this.integrations.find(manager, tenantId, id));
    return row?.kind === 'http' ? openHttpConnection(this.cipher, sealedRow(row)) : null;
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
      await this.trail.record(manager, who, acts.did(verb, id, { before, after: integrationView(saved) }));
      return saved;
    });
  }

  private async requireForHeaders(tenantId: string, headers: HttpConfigDto['headers']): Promise<void> {
    if (Object.keys(headers ?? {}).length > 0) await this.features.require(tenantId, 'custom_integrations');
  }

  private get tools(): { cipher: SecretCipher; policy: AddressPolicy } {
    return { cipher: this.cipher, policy: this.policy };
  }
}

/** What the plan must have for each kind of integration that is made. */
const FEATURE_OF = { n8n: 'n8n_integration', http: 'basic_integrations' } as const satisfies Record<
  IntegrationKind,
  Feature
>;

/** As it would come of a query of one's own. */
function sealedRow(row: Integration) {
  return {
    tenant_id: row.tenantId,
    id: row.id,
    base_url: row.baseUrl,
    api_key: row.apiKey,
    headers: row.headers,
    signing_secret: row.signingSecret,
    previous_signing_secret: row.previousSigningSecret,
    previous_signing_secret_expires_at: row.previousSigningSecretExpiresAt,
  };
}

function notFound() {
  return problems.notFound('There is no such integration.');
}

function stillUsed(routes: number) {
  const them = routes === 1 ? '1 route leads' : `${routes} routes lead`;
  return problems.conflict(`${them} to this integration; delete or change what leads there first.`, { routes });
}

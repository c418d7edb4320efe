import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { newId } from '../../database/new-id';
import { SecretCipher } from '../../database/secret.cipher';
import { TenantDatabase } from '../../database/tenant.database';
import type { Source } from '../source/source';
import { findSource } from '../source/source.registry';
import { EndpointDirectory } from './endpoint.directory';
import type { CreateEndpointDto, RotateSecretDto, UpdateEndpointDto } from './endpoint.dto';
import { auditedEndpoint } from './endpoint-view.dto';
import { EndpointRepository } from './endpoint.repository';
import { openSecrets, sealFirst, sealRotated } from './endpoint.secrets';
import { WebhookEndpoint } from './webhook-endpoint.entity';

const acts = actsOn('webhook_endpoint');

/** An endpoint together with the secret that was just set, in the clear. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

/** A tenant's receiving addresses: makes them, changes them, rotates their secrets. */
@Injectable()
export class EndpointService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly endpoints: EndpointRepository,
    private readonly directory: EndpointDirectory,
    private readonly cipher: SecretCipher,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<Page<WebhookEndpoint>> {
    const before = decodeCursor(cursor);
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.endpoints.list(manager, tenantId, limit + 1, before),
    );
    return toPage(rows, limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<WebhookEndpoint> {
    return this.database.transaction(tenantId, async (manager) =>
      found(await this.endpoints.find(manager, tenantId, id)),
    );
  }

  async create(who: Actor, wanted: CreateEndpointDto): Promise<EndpointWithSecret> {
    const { tenantId } = who;
    const source = sourceOf(wanted.service);
    const config = wanted.config ?? {};
    refuse([...source.configErrors(config), ...secretErrors(source, wanted.secret)]);
    const secret = wanted.secret ?? source.newSecret();
    const key = { tenantId, id: newId() };
    const { service, name, enabled = true } = wanted;
    const sealed = sealFirst(this.cipher, key, secret);
    const row = Object.assign(new WebhookEndpoint(), { ...key, service, name, enabled, config, ...sealed });
    const endpoint = await this.database.transaction(tenantId, async (manager) => {
      const saved = await this.endpoints.save(manager, row);
      await this.trail.record(manager, who, acts.created(auditedEndpoint(saved)));
      return saved;
    });
    return { endpoint, secret };
  }

  async update(who: Actor, id: string, { name, config, enabled }: UpdateEndpointDto): Promise<WebhookEndpoint> {
    return this.change(who, id, 'updated', (endpoint) => {
      if (config !== undefined) refuse(sourceOf(endpoint.service).configErrors(config));
      endpoint.name = name ?? endpoint.name;
      endpoint.config = config ?? endpoint.config;
      endpoint.enabled = enabled ?? endpoint.enabled;
    });
  }

  /** The current secret becomes the previous one and is taken for `grace_seconds` more. */
  async rotateSecret(who: Actor, id: string, wanted: RotateSecretDto): Promise<EndpointWithSecret> {
    let secret = '';
    const endpoint = await this.change(who, id, 'secret_rotated', (row) => {
      const source = sourceOf(row.service);
      const { current } = openSecrets(this.cipher, row, row);
      refuse(secretErrors(source, wanted.secret));
      if (wanted.secret === current) refuse([{ field: 'secret', message: 'must not be the current one' }]);
      secret = wanted.secret ?? source.newSecret();
      const previousUntil = wanted.grace_seconds > 0 ? new Date(Date.now() + wanted.grace_seconds * 1_000) : null;
      Object.assign(row, sealRotated(this.cipher, row, { next: secret, current, previousUntil }));
    });
    return { endpoint, secret };
  }

  /** What it received stays. */
  async delete(who: Actor, id: string): Promise<void> {
    const { tenantId } = who;
    await this.database.transaction(tenantId, async (manager) => {
      const endpoint = found(await this.endpoints.lock(manager, tenantId, id));
      await this.endpoints.delete(manager, tenantId, id);
      await this.trail.record(manager, who, acts.deleted(auditedEndpoint(endpoint)));
    });
    this.directory.invalidate(id);
  }

  /** Changes the row while nobody else can, and lets receiving know once that is committed. */
  private async change(
    who: Actor,
    id: string,
    verb: string,
    edit: (row: WebhookEndpoint) => void,
  ): Promise<WebhookEndpoint> {
    const { tenantId } = who;
    const endpoint = await this.database.transaction(tenantId, async (manager) => {
      const row = found(await this.endpoints.lock(manager, tenantId, id));
      const before = auditedEndpoint(row);
      edit(row);
      const saved = await this.endpoints.save(manager, row);
      await this.trail.record(manager, who, acts.did(verb, id, { before, after: auditedEndpoint(saved) }));
      return saved;
    });
    this.directory.invalidate(id);
    return endpoint;
  }
}

function found(endpoint: WebhookEndpoint | null): WebhookEndpoint {
  if (!endpoint) throw notFound();
  return endpoint;
}

function notFound() {
  return problems.notFound('There is no such endpoint.');
}

function sourceOf(service: string): Source {
  const source = findSource(service);
  if (!source) throw new Error(`no source is registered for the service ${service} of a stored endpoint`);
  return source;
}

function secretErrors(source: Source, secret: string | undefined): { field: string; message: string }[] {
  const fault = secret === undefined ? null : source.checkSecret(secret);
  return fault === null ? [] : [{ field: 'secret', message: fault }];
}

function refuse(errors: readonly { field: string; message: string }[]): void {
  if (errors.length > 0) throw problems.validationFailed(errors);
}

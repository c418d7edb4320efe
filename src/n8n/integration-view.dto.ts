import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { Integration, IntegrationKind } from './integration.entity';

/** Of an n8n. */
export class N8nConfigView {
  base_url!: string;
  /** Whether a key is stored. The key itself is never answered. */
  has_api_key!: boolean;
}

/** Of a receiver of any make. */
export class HttpConfigView {
  url!: string;
  /** Of the headers that each request carries besides, in lower case. Their values are never answered. */
  header_names!: string[];
}

/** An integration as it is answered: nothing that is sealed is in it. */
@ApiExtraModels(N8nConfigView, HttpConfigView)
export class IntegrationView {
  id!: string;
  kind!: IntegrationKind;
  name!: string;
  @ApiProperty({ oneOf: [{ $ref: getSchemaPath(N8nConfigView) }, { $ref: getSchemaPath(HttpConfigView) }] })
  config!: N8nConfigView | HttpConfigView;
  /** Until when the signing secret before the current one signs too; null where there is none. */
  previous_signing_secret_expires_at!: string | null;
  created_at!: string;
  updated_at!: string;
}

/** The only answers that have the secret in them: where it was just made. */
@ApiExtraModels(N8nConfigView, HttpConfigView)
export class IntegrationWithSecretView extends IntegrationView {
  /** What Mira signs its requests with, as Standard Webhooks have it (`whsec_…`). Shown this once. */
  signing_secret!: string;
}

export class IntegrationPage {
  data!: IntegrationView[];
  next_cursor!: string | null;
}

export function integrationView(integration: Integration): IntegrationView {
  const { previousSigningSecretExpiresAt: expiresAt } = integration;
  return {
    id: integration.id,
    kind: integration.kind,
    name: integration.name,
    config: configView(integration),
    previous_signing_secret_expires_at: expiresAt && expiresAt > new Date() ? expiresAt.toISOString() : null,
    created_at: integration.createdAt.toISOString(),
    updated_at: integration.updatedAt.toISOString(),
  };
}

function configView({ kind, baseUrl, apiKey, headerNames }: Integration): N8nConfigView | HttpConfigView {
  switch (kind) {
    case 'n8n':
      return { base_url: baseUrl, has_api_key: apiKey !== null };
    case 'http':
      return { url: baseUrl, header_names: headerNames };
  }
}

export function integrationWithSecretView(integration: Integration, signingSecret: string): IntegrationWithSecretView {
  return Object.assign(integrationView(integration), { signing_secret: signingSecret });
}

import type { Integration, IntegrationKind } from './integration.entity';

export class N8nConfigView {
  base_url!: string;
  /** Whether a key is stored. The key itself is never answered. */
  has_api_key!: boolean;
}

/** An integration as it is answered: nothing that is sealed is in it. */
export class IntegrationView {
  id!: string;
  kind!: IntegrationKind;
  name!: string;
  config!: N8nConfigView;
  created_at!: string;
  updated_at!: string;
}

/** The only answers that have the secret in them: where it was just made. */
export class IntegrationWithSecretView extends IntegrationView {
  /** What Mira signs its requests with, as Standard Webhooks have it (`whsec_…`). Shown this once. */
  signing_secret!: string;
}

export class IntegrationPage {
  data!: IntegrationView[];
  next_cursor!: string | null;
}

export function integrationView(integration: Integration): IntegrationView {
  return {
    id: integration.id,
    kind: integration.kind,
    name: integration.name,
    config: { base_url: integration.baseUrl, has_api_key: integration.apiKey !== null },
    created_at: integration.createdAt.toISOString(),
    updated_at: integration.updatedAt.toISOString(),
  };
}

export function integrationWithSecretView(integration: Integration, signingSecret: string): IntegrationWithSecretView {
  return Object.assign(integrationView(integration), { signing_secret: signingSecret });
}

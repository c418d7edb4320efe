import type { WebhookEndpoint } from './webhook-endpoint.entity';

/** An endpoint as it is answered. */
export class EndpointView {
  id!: string;
  service!: string;
  name!: string;
  enabled!: boolean;
  config!: Record<string, unknown>;
  /** Where the sender is to post to. */
  url!: string;
  /** Until when the secret before the current one is taken; null where there is none. */
  previous_secret_expires_at!: string | null;
  created_at!: string;
  updated_at!: string;
}

/** The answer that shows a secret: when it was made, and never again. */
export class EndpointSecretView extends EndpointView {
  secret!: string;
}

export class EndpointPage {
  data!: EndpointView[];
  next_cursor!: string | null;
}

/** @param publicBase where senders reach Mira, without a slash at its end */
export function endpointView(endpoint: WebhookEndpoint, publicBase: string): EndpointView {
  const { id, service, name, enabled, config, previousSecretExpiresAt: expiresAt } = endpoint;
  return {
    id,
    service,
    name,
    enabled,
    config,
    url: `${publicBase}/webhook/${service}/${id}`,
    previous_secret_expires_at: expiresAt && expiresAt > new Date() ? expiresAt.toISOString() : null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}

/** What the audit trail tells of an endpoint: where it is reached depends on who asks. */
export function auditedEndpoint(endpoint: WebhookEndpoint): Omit<EndpointView, 'url'> {
  const { url: _, ...told } = endpointView(endpoint, '');
  return told;
}

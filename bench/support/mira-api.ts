/** Mira's management API, as far as a suite needs it to set its scene. Whatever is not 2xx is thrown. */
export class MiraApi {
  private readonly url: string;
  private readonly apiKey: string;
  readonly tenantId: string | null;

  /** @param tenantId the one to work in; the key's own where it is left out */
  constructor(url: string, apiKey: string, tenantId: string | null = null) {
    this.url = url;
    this.apiKey = apiKey;
    this.tenantId = tenantId;
  }

  /** The same key in a new tenant. */
  async createTenant(tier: string, name = 'bench'): Promise<MiraApi> {
    const { id } = await this.post('tenants', { name, tier });
    return new MiraApi(this.url, this.apiKey, textOf(id));
  }

  /** The address that a sender posts to. */
  async createEndpoint(wanted: { service: string; secret: string }): Promise<string> {
    const { url } = await this.post('webhook-endpoints', { name: 'bench', ...wanted });
    return textOf(url);
  }

  /** The id of the integration. */
  async createN8n(baseUrl: string): Promise<string> {
    const { id } = await this.post('integrations', { kind: 'n8n', name: 'bench', config: { base_url: baseUrl } });
    return textOf(id);
  }

  async createRoute(wanted: { service: string; eventTypes: string[]; integrationId: string }): Promise<void> {
    const { service, eventTypes, integrationId } = wanted;
    const target = { kind: 'n8n', integration_id: integrationId, webhook_path: 'bench' };
    await this.post('routes', { name: 'bench', service, event_types: eventTypes, target });
  }

  /** Gives the tenant what its plan has not: `granted` of a feature, `max` of a limit. */
  async agree(name: string, what: { granted: boolean } | { max: number }): Promise<void> {
    await this.send('PUT', `tenants/${this.tenantId ?? ''}/overrides/${name}`, what);
  }

  private post(path: string, body: object): Promise<Record<string, unknown>> {
    return this.send('POST', path, body);
  }

  private async send(method: string, path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-api-key': this.apiKey,
        ...(this.tenantId === null ? {} : { 'x-tenant-id': this.tenantId }),
      },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${answer}`);
    return JSON.parse(answer) as Record<string, unknown>;
  }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('an answer lacks a text that it should have');
  return value;
}

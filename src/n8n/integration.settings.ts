import type { AddressPolicy } from '@mira/outbound';
import { problems } from '@mira/problem';
import type { SecretCipher } from '../database/secret.cipher';
import { readBaseUrl } from './base-url';
import { sealHeaders } from './http/http.connection';
import { readReceiverUrl } from './http/receiver-url';
import { type RowKey, sealApiKey } from './integration.connection';
import type { HttpConfigDto, N8nConfigDto, UpdateIntegrationConfigDto } from './integration.dto';
import type { Integration, IntegrationKind } from './integration.entity';

/** What an integration's row keeps of its config. */
export type Settings = Pick<Integration, 'baseUrl' | 'apiKey' | 'headers' | 'headerNames'>;

interface Tools {
  readonly cipher: SecretCipher;
  readonly policy: AddressPolicy;
}

const NO_HEADERS = { headers: null, headerNames: [] };
const FIELDS_OF = {
  n8n: ['base_url', 'api_key'],
  http: ['url', 'headers'],
} as const satisfies Record<IntegrationKind, readonly (keyof UpdateIntegrationConfigDto)[]>;

/** @throws Problem `validation-failed` where the address is none that may be reached */
export function settingsOf({ cipher, policy }: Tools, row: RowKey, config: N8nConfigDto | HttpConfigDto): Settings {
  if ('url' in config) {
    const read = readReceiverUrl(config.url, policy);
    if (read.kind === 'invalid') throw invalid('config.url', read.message);
    return { baseUrl: read.url, apiKey: null, ...sealHeaders(cipher, row, config.headers ?? null) };
  }
  const read = readBaseUrl(config.base_url, policy);
  if (read.kind === 'invalid') throw invalid('config.base_url', read.message);
  return { baseUrl: read.baseUrl, apiKey: sealApiKey(cipher, row, config.api_key ?? null), ...NO_HEADERS };
}

/**
 * Changes what is given. Stored secrets were given for one host. Whoever points the integration at another must know
 * them, or else changing the address would be a way to have them sent to oneself.
 *
 * @throws Problem `validation-failed`
 */
export function changeSettings(tools: Tools, integration: Integration, config: UpdateIntegrationConfigDto): void {
  refuseOthers(integration.kind, config);
  switch (integration.kind) {
    case 'n8n':
      return changeN8n(tools, integration, config);
    case 'http':
      return changeReceiver(tools, integration, config);
  }
}

function changeN8n({ cipher, policy }: Tools, integration: Integration, config: UpdateIntegrationConfigDto): void {
  const { base_url, api_key } = config;
  if (base_url !== undefined) {
    const read = readBaseUrl(base_url, policy);
    if (read.kind === 'invalid') throw invalid('config.base_url', read.message);
    if (isElsewhere(integration, read.origin) && integration.apiKey !== null && api_key === undefined) {
      throw neededAgain('config.api_key', 'the stored one was');
    }
    integration.baseUrl = read.baseUrl;
  }
  if (api_key !== undefined) integration.apiKey = sealApiKey(cipher, integration, api_key);
}

function changeReceiver({ cipher, policy }: Tools, integration: Integration, config: UpdateIntegrationConfigDto): void {
  const { url, headers } = config;
  if (url !== undefined) {
    const read = readReceiverUrl(url, policy);
    if (read.kind === 'invalid') throw invalid('config.url', read.message);
    if (isElsewhere(integration, read.origin) && integration.headers !== null && headers === undefined) {
      throw neededAgain('config.headers', 'the stored ones were');
    }
    integration.baseUrl = read.url;
  }
  if (headers !== undefined) Object.assign(integration, sealHeaders(cipher, integration, headers));
}

function isElsewhere({ baseUrl }: Integration, origin: string): boolean {
  return new URL(baseUrl).origin !== origin;
}

function invalid(field: string, message: string) {
  return problems.validationFailed([{ field, message }]);
}

function refuseOthers(kind: IntegrationKind, config: UpdateIntegrationConfigDto): void {
  const known: readonly string[] = FIELDS_OF[kind];
  const others = Object.entries(config).filter(([name, value]) => value !== undefined && !known.includes(name));
  if (others.length === 0) return;
  const message = `is no setting of an integration of kind ${kind}; there are ${known.join(' and ')}`;
  throw problems.validationFailed(others.map(([name]) => ({ field: `config.${name}`, message })));
}

function neededAgain(field: string, stored: string) {
  return invalid(field, `must be given again, or as null, because ${stored} given for another host`);
}

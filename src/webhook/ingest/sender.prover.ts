import { Authenticator } from '@mira/access';
import { BenchmarkRegistry } from '@mira/benchmark';
import { problems } from '@mira/problem';
import type { Verdict } from '@mira/signature';
import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { MiraConfig } from '../../config/mira.config';
import { withinAnswerTime } from '../../database/answer-time';
import { TenantService } from '../../tenant/tenant.service';
import { EndpointDirectory } from '../endpoint/endpoint.directory';
import { PublicAddress } from '../endpoint/public-address';
import { HUB_SIGNATURE_HEADER, verifyHubSignature } from '../source/hmac-proof';
import type { ReceivedRequest } from '../source/received-request';
import type { Source } from '../source/source';
import { findSource } from '../source/source.registry';
import { clientAddress } from './client-address';
import { rawBodyOf } from './raw-body';
import type { Sender } from './sender';
import type { SentRequest } from './sent-request';

const SECRET_KEY_SCOPE = 'webhook.secret_key';
/** Proving the sender; who is refused is an error. */
const VERIFY = 'webhook_verify';

/** Proves who sent a webhook, before anything else is done for it. Nothing is open by default. */
@Injectable()
export class SenderProver {
  constructor(
    private readonly config: MiraConfig,
    private readonly endpoints: EndpointDirectory,
    private readonly address: PublicAddress,
    private readonly tenants: TenantService,
    private readonly authenticator: Authenticator,
    private readonly benchmarks: BenchmarkRegistry,
  ) {}

  /** @throws Problem where there is no proof, or none that is good */
  prove(request: SentRequest): Promise<Sender> {
    return this.benchmarks.measure(VERIFY, () => this.senderOf(request));
  }

  private async senderOf(request: SentRequest): Promise<Sender> {
    const { service, endpoint_id: endpointId } = request.params;
    const source = findSource(service);
    if (!source) throw problems.unknownService();
    return endpointId
      ? this.senderOfEndpoint(request, source, endpointId)
      : this.senderWithoutEndpoint(request, source);
  }

  private async senderOfEndpoint(request: SentRequest, source: Source, id: string): Promise<Sender> {
    const endpoint = await this.endpoints.find(id);
    if (!endpoint || endpoint.service !== source.name) throw problems.notFound('There is no such endpoint.');
    const received = { headers: request.headers, body: rawBodyOf(request) };
    const { address } = this;
    const keys = {
      ...endpoint,
      // Made only for those who ask: few senders sign their address.
      get url() {
        return address.urlOf(request);
      },
      now: new Date(),
    };
    const proof = proofOf(source.verify(received, keys));
    return {
      tenantId: endpoint.tenantId,
      source,
      endpointId: endpoint.id,
      dedupScope: endpoint.id,
      dedupPrefix: '',
      client: `endpoint:${endpoint.id}`,
      proofHeaders: source.proofHeaders(endpoint.config),
      proofHash: source.provesOneEvent(endpoint.config) ? hashOf(proof) : null,
    };
  }

  /** An API key, else a signature by the configured secret. */
  private async senderWithoutEndpoint(request: SentRequest, source: Source): Promise<Sender> {
    const authentication = await this.authenticator.authenticate(request.headers, request.ip);
    switch (authentication.kind) {
      case 'refused':
        throw problems.unauthorized(authentication.detail);
      case 'misplaced':
        throw problems.forbidden(authentication.detail);
      case 'authenticated': {
        const { principal } = authentication;
        if (!principal.permissions.has('webhook:receive')) {
          throw problems.forbidden('This needs the permission webhook:receive.');
        }
        const client = `key:${principal.apiKeyId ?? principal.userId}`;
        return {
          tenantId: principal.tenantId,
          source,
          endpointId: null,
          // Two holders of keys choose their ids apart: the same one from both is no repetition.
          dedupScope: `${client} ${source.name}`,
          dedupPrefix: '',
          client,
          proofHeaders: [],
          proofHash: null,
        };
      }
      case 'anonymous':
        return this.senderBySecretKey(request, source);
    }
  }

  private async senderBySecretKey(request: SentRequest, source: Source): Promise<Sender> {
    const secret = this.config.webhook.secret_key;
    const received: ReceivedRequest = { headers: request.headers, body: rawBodyOf(request) };
    if (!secret) throw problems.unauthorized('Send an API key in X-API-Key, or use the address of an endpoint.');
    const proof = proofOf(verifyHubSignature(received, [secret]));
    const tenant = await withinAnswerTime(this.tenants.findDefault());
    if (!tenant) throw problems.unauthorized('The tenant of webhook.secret_key is not active.');
    return {
      tenantId: tenant.id,
      source,
      endpointId: null,
      // One secret signs for all services, and no signature says for which: used at one, it is used up for all.
      dedupScope: SECRET_KEY_SCOPE,
      dedupPrefix: `${source.name} `,
      client: `address:${clientAddress(request.ip, request.socket.remoteAddress)}`,
      proofHeaders: [HUB_SIGNATURE_HEADER],
      proofHash: hashOf(proof),
    };
  }
}

function proofOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'valid':
      return verdict.proof;
    case 'missing':
      throw problems.unauthorized(verdict.detail);
    case 'invalid':
    case 'stale':
      throw problems.invalidSignature(verdict.detail);
  }
}

function hashOf(proof: string): Buffer {
  return hash('sha256', proof, 'buffer');
}

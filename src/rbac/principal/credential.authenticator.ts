import { type Authentication, Authenticator } from '@mira/access';
import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { hashApiKey, isApiKeyShape } from '../api-key/api-key.format';
import { KeyUse } from '../api-key/key-use';
import { AccessTokens, isAccessTokenShape } from '../session/access-token';
import { type CredentialFacts, PrincipalCache } from './principal.cache';
import { PrincipalDirectory } from './principal.directory';

const BEARER = /^bearer +(\S+) *$/i;
const ANONYMOUS: Authentication = { kind: 'anonymous' };
const REFUSED: Authentication = {
  kind: 'refused',
  detail: 'The API key or access token is unknown, expired or was taken back.',
};
const MISPLACED: Authentication = { kind: 'misplaced', detail: 'This API key is not to be used from your address.' };

/** Reads the credential of a request, `X-API-Key` or `Authorization: Bearer`, and finds out whose it is. */
@Injectable()
export class CredentialAuthenticator extends Authenticator {
  constructor(
    private readonly cache: PrincipalCache,
    private readonly directory: PrincipalDirectory,
    private readonly tokens: AccessTokens,
    private readonly keyUse: KeyUse,
  ) {
    super();
  }

  authenticate(headers: IncomingHttpHeaders, address: string | undefined): Authentication | Promise<Authentication> {
    const credential = credentialOf(headers);
    if (credential === null) return ANONYMOUS;
    const ask = this.questionFor(credential);
    if (!ask) return REFUSED;
    // By its hash, so that no credential lies about in memory longer than its request.
    const found = this.cache.find(hash('sha256', credential, 'base64'), ask);
    if (found instanceof Promise) return found.then((facts) => this.judge(facts, address));
    return this.judge(found, address);
  }

  /** Null for what can be no credential, as its form tells. */
  private questionFor(credential: string): (() => Promise<CredentialFacts | null>) | null {
    if (isApiKeyShape(credential)) return () => this.directory.ofApiKey(hashApiKey(credential));
    if (isAccessTokenShape(credential)) return () => this.ofAccessToken(credential);
    return null;
  }

  private async ofAccessToken(token: string): Promise<CredentialFacts | null> {
    const claims = this.tokens.verify(token, new Date());
    return claims && this.directory.ofSession(claims);
  }

  private judge(facts: CredentialFacts | null, address: string | undefined): Authentication {
    if (facts === null || Date.now() >= facts.endsAtMs) return REFUSED;
    const { principal, networks } = facts;
    if (networks !== null && !networks.has(address)) return MISPLACED;
    if (principal.apiKeyId !== null) this.keyUse.note(principal.tenantId, principal.apiKeyId);
    return { kind: 'authenticated', principal };
  }
}

function credentialOf(headers: IncomingHttpHeaders): string | null {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string') return apiKey.trim();
  if (headers.authorization === undefined) return null;
  // Another scheme is a credential that does not serve here, not the lack of one.
  return BEARER.exec(headers.authorization)?.[1] ?? '';
}

import { type Authentication, Authenticator } from '@mira/access';
import { Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { ApiKeyService } from './api-key.service';

const BEARER = /^bearer +(\S+) *$/i;

/** Reads the credential of a request, `X-API-Key` or `Authorization: Bearer`, and finds out whose it is. */
@Injectable()
export class CredentialAuthenticator extends Authenticator {
  constructor(private readonly apiKeys: ApiKeyService) {
    super();
  }

  async authenticate(headers: IncomingHttpHeaders): Promise<Authentication> {
    const credential = credentialOf(headers);
    if (credential === null) return { kind: 'anonymous' };
    const principal = await this.apiKeys.authenticate(credential);
    if (!principal) return { kind: 'refused', detail: 'The API key is unknown, revoked or expired.' };
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

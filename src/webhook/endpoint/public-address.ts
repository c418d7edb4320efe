import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { MiraConfig } from '../../config/mira.config';

/** Where senders reach Mira: as configured, else as whoever asks reached it just now. */
@Injectable()
export class PublicAddress {
  constructor(private readonly config: MiraConfig) {}

  /** Scheme, host and port, and the path where one is configured; no slash at its end. */
  seenFrom(request: Pick<Request, 'protocol' | 'get'>): string {
    const { public_url: configured, port } = this.config.webhook;
    if (configured) return configured.replace(/\/+$/, '');
    const host = request.get('host') ?? '';
    return URL.parse(`${request.protocol}://${host}`)?.origin ?? `http://localhost:${port}`;
  }
}

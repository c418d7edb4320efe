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

  /** The whole address that a request was sent to, its query included, as its sender sees it. */
  urlOf(request: Pick<Request, 'protocol' | 'get' | 'originalUrl'>): string {
    return this.seenFrom(request) + request.originalUrl;
  }
}

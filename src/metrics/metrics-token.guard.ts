import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { problems } from '@mira/problem';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { MiraConfig } from '../config/mira.config';

/**
 * Closes /metrics where `metrics.token` is set. A token of its own, so that a scraper needs no account and what
 * it holds opens nothing else.
 */
@Injectable()
export class MetricsTokenGuard implements CanActivate {
  constructor(private readonly config: MiraConfig) {}

  canActivate(context: ExecutionContext): boolean {
    const { token } = this.config.metrics;
    if (token === null) return true;
    const header = context.switchToHttp().getRequest<IncomingMessage>().headers.authorization ?? '';
    const presented = /^Bearer +(\S+)$/i.exec(header)?.[1];
    if (presented !== undefined && isSame(presented, token)) return true;
    throw problems.unauthorized('Metrics are read with the bearer token of `metrics.token`.', 'Bearer realm="metrics"');
  }
}

/** Hashed first, so that neither the time nor an exception tells how long the token is. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

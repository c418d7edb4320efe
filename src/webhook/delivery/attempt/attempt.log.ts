import { Logger } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { MetricsService } from '../../../metrics/metrics.service';
import type { DueDelivery } from './due-delivery';
import type { Outcome } from './outcome';

/** Tells of attempts that were made and written down: one line each, and a count. */
export class AttemptLog {
  private readonly logger = new Logger('delivery');
  private readonly attempts: Counter<'outcome'>;

  constructor(metrics: MetricsService) {
    this.attempts = metrics.counter('mira_delivery_attempts_total', 'Attempts made to deliver', ['outcome']);
  }

  tell(delivery: DueDelivery, outcome: Outcome, statusCode: number | null, durationMs: number): void {
    this.attempts.inc({ outcome: outcome.kind });
    const line = {
      msg: 'attempt',
      tenant_id: delivery.tenantId,
      event_id: delivery.event.id,
      delivery_id: delivery.id,
      attempt: delivery.attempt,
      outcome: outcome.kind,
      status_code: statusCode,
      duration_ms: Math.round(durationMs),
      ...(outcome.reason ? { reason: outcome.reason } : {}),
      ...(outcome.kind === 'retry' ? { next_attempt_at: outcome.at.toISOString() } : {}),
    };
    if (outcome.kind === 'dead') this.logger.warn(line);
    else this.logger.log(line);
  }
}

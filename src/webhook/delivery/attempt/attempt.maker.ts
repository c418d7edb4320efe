import { BenchmarkRegistry, PerformanceBenchmark } from '@mira/benchmark';
import { describeError } from '@mira/problem';
import { Injectable, Logger } from '@nestjs/common';
import { AgentSender } from './agent.sender';
import { type AttemptAnswer, withoutResponse } from './attempt-answer';
import type { DueDelivery } from './due-delivery';
import { HttpSender } from './http.sender';
import { N8nSender } from './n8n.sender';

/** What did not arrive is an error. */
const ATTEMPT = 'delivery_attempt';

/** Makes one attempt: gives it to the sender of its target's kind. No transaction is open meanwhile. */
@Injectable()
export class AttemptMaker {
  private readonly logger = new Logger(AttemptMaker.name);

  constructor(
    private readonly agent: AgentSender,
    private readonly n8n: N8nSender,
    private readonly http: HttpSender,
    private readonly benchmarks: BenchmarkRegistry,
  ) {}

  /** Never throws: whatever goes wrong on the way is an answer too. */
  async make(delivery: DueDelivery): Promise<AttemptAnswer> {
    const benchmark = new PerformanceBenchmark(ATTEMPT, this.benchmarks);
    const answer = await this.answerTo(delivery);
    if (answer.result.kind !== 'done') benchmark.fail();
    benchmark.stop();
    return answer;
  }

  private async answerTo(delivery: DueDelivery): Promise<AttemptAnswer> {
    try {
      return await this.send(delivery);
    } catch (error) {
      this.logger.error({ msg: 'an attempt failed on this side', err: describeError(error), delivery_id: delivery.id });
      return withoutResponse({
        kind: 'failed',
        detail: 'The attempt failed inside Mira; see its log.',
        retryAfter: null,
      });
    }
  }

  private async send(delivery: DueDelivery): Promise<AttemptAnswer> {
    const { target } = delivery;
    switch (target.kind) {
      case 'none':
        return withoutResponse({ kind: 'gone', cause: 'target_deleted', detail: target.reason });
      case 'agent':
        return this.agent.send(delivery, target);
      case 'n8n':
        return this.n8n.send(delivery, target);
      case 'http':
        return this.http.send(delivery, target);
    }
  }
}

import { describeError } from '@mira/problem';
import { Injectable, Logger } from '@nestjs/common';
import { AgentRegistry } from '../../../agent/agent.registry';
import { MiraConfig } from '../../../config/mira.config';
import { parsePayload } from '../../source/payload/parse-payload';
import { type AttemptAnswer, withoutResponse } from './attempt-answer';
import type { DeliveryTarget, DueDelivery } from './due-delivery';
import type { AttemptResult } from './outcome';
import { TimeOver, within } from './within';

type AgentTarget = Extract<DeliveryTarget, { kind: 'agent' }>;

/** Hands an event to an agent of the program itself. */
@Injectable()
export class AgentSender {
  private readonly logger = new Logger(AgentSender.name);

  constructor(
    private readonly config: MiraConfig,
    private readonly agents: AgentRegistry,
  ) {}

  async send(delivery: DueDelivery, { agentName }: AgentTarget): Promise<AttemptAnswer> {
    return withoutResponse(await this.call(delivery, agentName));
  }

  private async call(delivery: DueDelivery, name: string): Promise<AttemptResult> {
    const agent = this.agents.find(name);
    if (!agent) return { kind: 'failed', detail: `No agent ${name} is registered in this Mira.`, retryAfter: null };
    const { id: eventId, contentType, body, hops: _hops, ...event } = delivery.event;
    const parsed = parsePayload({ headers: contentType === null ? {} : { 'content-type': contentType }, body });
    const payload = parsed.kind === 'ok' ? parsed.payload.value : null;
    const { tenantId, id: deliveryId, attempt } = delivery;
    try {
      const work = agent.handle({
        ...event,
        tenantId,
        deliveryId,
        attempt,
        eventId,
        contentType,
        body,
        payload,
      });
      const result = await within(this.config.delivery.timeout_ms, work);
      if (result.kind === 'refused') return { kind: 'gone', detail: result.reason };
      return { kind: 'done', ...(result.detail === undefined ? {} : { detail: result.detail }) };
    } catch (error) {
      this.logger.warn({ msg: 'an agent failed', err: describeError(error), agent: name, delivery_id: deliveryId });
      const how = error instanceof TimeOver ? 'did not end in time' : 'failed';
      return { kind: 'failed', detail: `The agent ${name} ${how}.`, retryAfter: null };
    }
  }
}

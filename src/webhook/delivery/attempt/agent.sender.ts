import type { EventAuthor } from '@mira/internal-event';
import { ownProperty } from '@mira/json';
import { describeError } from '@mira/problem';
import { Injectable, Logger } from '@nestjs/common';
import { type AgentRun, AgentRunner } from '../../../agent/agent.runner';
import { MiraConfig } from '../../../config/mira.config';
import { INTERNAL_SERVICE } from '../../source/source.registry';
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
    private readonly agents: AgentRunner,
  ) {}

  async send(delivery: DueDelivery, { agentName }: AgentTarget): Promise<AttemptAnswer> {
    return withoutResponse(await this.call(delivery, agentName));
  }

  private async call(delivery: DueDelivery, name: string): Promise<AttemptResult> {
    const { id: eventId, contentType, body, hops, ...event } = delivery.event;
    const parsed = parsePayload({ headers: contentType === null ? {} : { 'content-type': contentType }, body });
    const payload = parsed.kind === 'ok' ? parsed.payload.value : null;
    const { tenantId, id: deliveryId, attempt } = delivery;
    const by = authorOf(event.service, payload);
    const given = { ...event, tenantId, deliveryId, attempt, eventId, contentType, body, payload, hops: hops + 1, by };
    try {
      return resultOf(await within(this.config.delivery.timeout_ms, this.agents.run(name, given)));
    } catch (error) {
      this.logger.warn({ msg: 'an agent failed', err: describeError(error), agent: name, delivery_id: deliveryId });
      const how = error instanceof TimeOver ? 'did not end in time' : 'failed';
      return { kind: 'failed', detail: `The agent ${name} ${how}.`, retryAfter: null };
    }
  }
}

/** Only what Mira itself wrote is believed: nobody else can send events of its service. */
function authorOf(service: string, payload: unknown): EventAuthor {
  const by = service === INTERNAL_SERVICE ? ownProperty(payload, 'by') : undefined;
  const id = (name: string): string | null => {
    const value = ownProperty(by, name);
    return typeof value === 'string' ? value : null;
  };
  const homeTenantId = id('home_tenant_id');
  return { userId: id('user_id'), apiKeyId: id('api_key_id'), ...(homeTenantId !== null && { homeTenantId }) };
}

function resultOf(run: AgentRun): AttemptResult {
  switch (run.kind) {
    case 'done':
      return { kind: 'done', ...(run.detail === undefined ? {} : { detail: run.detail }) };
    case 'idle':
      return { kind: 'done', detail: run.reason };
    case 'refused':
      return { kind: 'gone', cause: 'refused_by_agent', detail: run.reason };
    case 'unknown':
      return { kind: 'failed', detail: run.reason, retryAfter: null };
  }
}

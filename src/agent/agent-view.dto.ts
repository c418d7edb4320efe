import { ApiProperty } from '@nestjs/swagger';
import type { EffectivePlan } from '../enterprise/plan/effective-plan';
import { type Agent, featureOf } from './agent';
import { readAgentConfig } from './agent.config';
import type { AgentSetting } from './agent.settings';

const AGENT_KINDS = ['standard', 'custom'] as const;

/** Events that reach an agent without a route. */
export class SubscriptionView {
  service!: string;
  event_type!: string;
}

/** An agent as a tenant has it. */
export class AgentView {
  name!: string;
  description!: string;
  /** `standard`: of Mira itself, in every plan; `custom`: added to it, which needs the feature `custom_agents`. */
  @ApiProperty({ enum: AGENT_KINDS })
  kind!: (typeof AGENT_KINDS)[number];
  subscriptions!: SubscriptionView[];
  /** What executing it needs besides `agent:execute`. */
  @ApiProperty({ type: [String] })
  permissions!: string[];
  /** Whether the tenant's plan has what it needs; it does not run without. */
  in_plan!: boolean;
  /** Whether it runs in this tenant. */
  enabled!: boolean;
  /** Its settings, defaults included. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  config!: object;
}

export class AgentPage {
  data!: AgentView[];
  next_cursor!: string | null;
}

/** What an execution that was asked for can be followed by. */
export class AgentExecutionView {
  event_id!: string;
  delivery_id!: string;
}

export function agentView(agent: Agent, { enabled, config }: AgentSetting, plan: EffectivePlan): AgentView {
  const read = readAgentConfig(agent, config);
  return {
    name: agent.name,
    description: agent.description,
    kind: agent.isStandard ? 'standard' : 'custom',
    subscriptions: agent.subscriptions.map(({ service, eventType }) => ({ service, event_type: eventType })),
    permissions: [...agent.permissions],
    in_plan: plan.has(featureOf(agent)),
    enabled,
    // Of settings that are valid no more, what was set: that is what has to be changed.
    config: read.kind === 'ok' ? { ...read.config } : config,
  };
}

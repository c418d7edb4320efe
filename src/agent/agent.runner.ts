import { Inject, Injectable } from '@nestjs/common';
import type { AgentEvent, AgentResult } from './agent';
import { readAgentConfig } from './agent.config';
import { AgentRegistry } from './agent.registry';
import { AgentSettings } from './agent.settings';

/**
 * What became of a delivery to an agent: what its handler says, or `idle` where the tenant does not have it run, or
 * `unknown` where this program has no such agent.
 */
export type AgentRun =
  | AgentResult
  | { readonly kind: 'idle'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Runs agents as their tenants have them. Whether one runs is asked here and not where deliveries are planned: receiving
 * pays nothing for it, what waits in the queue when an agent is switched off does not run any more, and somebody who
 * wonders why nothing happened finds the delivery with the reason.
 */
@Injectable()
export class AgentRunner {
  constructor(
    private readonly registry: AgentRegistry,
    @Inject(AgentSettings) private readonly settings: Pick<AgentSettings, 'standingOf'>,
  ) {}

  /** Throws what the handler throws. */
  async run(name: string, event: Omit<AgentEvent, 'config'>): Promise<AgentRun> {
    const agent = this.registry.find(name);
    if (!agent) return { kind: 'unknown', reason: `No agent ${name} is registered in this Mira.` };
    const standing = await this.settings.standingOf(event.tenantId, agent);
    if (!standing) return { kind: 'idle', reason: 'Not run: the tenant is gone.' };
    if (!standing.isInPlan) return { kind: 'idle', reason: `Not run: the plan does not include the agent ${name}.` };
    if (!standing.enabled) return { kind: 'idle', reason: `Not run: the agent ${name} is switched off.` };
    const read = readAgentConfig(agent, standing.config);
    if (read.kind === 'ok') return agent.handle({ ...event, config: read.config });
    const faults = read.errors.map(({ field, message }) => `${field} ${message}`).join('; ');
    return { kind: 'refused', reason: `The agent ${name} has to be configured: ${faults}.` };
  }
}

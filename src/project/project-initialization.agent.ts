import { Problem } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { Agent, type AgentEvent, type AgentResult } from '../agent/agent';
import { readProjectInitialization } from './project-initialization';
import { ProjectService } from './project.service';

/**
 * Makes the project that a workflow asks for. The event's id stands in the project's row and is unique there, so
 * that an event which is delivered twice makes one project.
 */
@Injectable()
export class ProjectInitializationAgent extends Agent {
  readonly name = 'project_initialization';
  readonly description = 'Makes a project in the tenant, with the name and the description that the webhook brings.';
  override readonly subscriptions = [{ service: 'n8n', eventType: 'project_initialization' }] as const;
  override readonly isStandard = true;
  override readonly permissions = ['project:create'] as const;

  constructor(private readonly projects: ProjectService) {
    super();
  }

  async handle({ tenantId, eventId, hops, payload, by }: AgentEvent): Promise<AgentResult> {
    const asked = readProjectInitialization(payload);
    if (asked.kind === 'refused') return asked;
    const { name, description } = asked;
    const wanted = { name, description, sourceEventId: eventId, hops };
    const made = await this.projects.create({ ...by, tenantId }, wanted).catch(fullPlanIn);
    if (made instanceof Problem) return { kind: 'refused', reason: `No project was made. ${made.message}` };
    const {
      kind,
      project: { id },
    } = made;
    return {
      kind: 'done',
      detail: kind === 'created' ? `Made project ${id}.` : `Project ${id} was made by this event before.`,
    };
  }
}

/** A plan that is full stays so until somebody does something about it, who can then have the delivery tried again. */
function fullPlanIn(error: unknown): Problem {
  if (error instanceof Problem && error.code === 'limit-reached') return error;
  throw error;
}

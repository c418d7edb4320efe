import { EventPublisher } from '@mira/internal-event';
import { ownProperty } from '@mira/json';
import { Injectable, Module } from '@nestjs/common';
import { IsIn } from 'class-validator';
import type { AgentEvent, AgentResult } from '../../src/agent/agent';
import { AgentHandler } from '../../src/agent/agent-handler.decorator';
import { AgentModule } from '../../src/agent/agent.module';
import { HandledEvents } from '../../src/agent/handled-events';
import { TenantDatabase } from '../../src/database/tenant.database';

class AnnouncerConfig {
  @IsIn(['all', 'final'], { message: 'must be all or final' })
  releases: 'all' | 'final' = 'final';
}

/** Tells of releases on GitHub as events of Mira's own, which routes of service `mira` carry on. */
@Injectable()
export class ReleaseAnnouncer {
  constructor(
    private readonly database: TenantDatabase,
    private readonly handled: HandledEvents,
    private readonly events: EventPublisher,
  ) {}

  @AgentHandler({
    name: 'release_announcer',
    description: 'Announces releases on GitHub.',
    subscriptions: [{ service: 'github', eventType: 'release' }],
    config: AnnouncerConfig,
  })
  async onRelease(event: AgentEvent<AnnouncerConfig>): Promise<AgentResult> {
    const release = ownProperty(event.payload, 'release');
    const tag = ownProperty(release, 'tag_name');
    if (typeof tag !== 'string') return { kind: 'refused', reason: 'The release has no tag_name.' };
    const isFinal = ownProperty(release, 'prerelease') !== true;
    if (event.config.releases === 'final' && !isFinal) return { kind: 'done', detail: 'Not final.' };
    const { tenantId, hops } = event;
    return this.database.transaction(tenantId, async (manager) => {
      if (!(await this.handled.isFirst(manager, event, 'release_announcer'))) {
        return { kind: 'done', detail: 'Announced before.' };
      }
      await this.events.publish(manager, tenantId, { type: 'release_announced', data: { tag }, hops });
      return { kind: 'done', detail: `Announced ${tag}.` };
    });
  }
}

@Module({ imports: [AgentModule], providers: [ReleaseAnnouncer] })
export class ReleaseModule {}

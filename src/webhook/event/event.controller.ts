import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { Controller, Get, Header, Param, ParseUUIDPipe, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { EventDetailView, EventPage } from './event-view.dto';
import { EventService } from './event.service';
import { TimelineView } from './timeline-view.dto';
import { ListEventsQuery } from './list-events.dto';

/** What may stand in a header's value; anything else would end the answer in an error. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

@ApiTags('events')
@Controller('api/v1/events')
@Allow('webhook:read')
export class EventController {
  constructor(private readonly events: EventService) {}

  /** Newest first. */
  @Get()
  list(@CurrentPrincipal() who: Principal, @Query() query: ListEventsQuery): Promise<EventPage> {
    return this.events.list(who.tenantId, query);
  }

  @Get(':id')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<EventDetailView> {
    return this.events.get(who.tenantId, id);
  }

  /** What happened to it, first to last: received, stored, routed, each attempt, executions, and the end. */
  @Get(':id/timeline')
  timeline(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<TimelineView> {
    return this.events.timeline(who.tenantId, id);
  }

  /**
   * The exact bytes, with the sender's content type. A stranger wrote them, perhaps as a page with scripts, so a
   * browser is told three times over to save and not to show them.
   */
  @Get(':id/body')
  @Header('Content-Security-Policy', 'sandbox')
  @Header('X-Content-Type-Options', 'nosniff')
  @ApiOkResponse({ description: 'The bytes as they came', content: { '*/*': { schema: { type: 'string' } } } })
  async body(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<StreamableFile> {
    const { bytes, contentType } = await this.events.body(who.tenantId, id);
    const type = contentType !== null && HEADER_VALUE.test(contentType) ? contentType : 'application/octet-stream';
    return new StreamableFile(bytes, { type, disposition: 'attachment', length: bytes.length });
  }
}

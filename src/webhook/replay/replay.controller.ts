import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ListReplaysQuery, RedriveDto, ReplayEventDto, ReplayEventsDto } from './replay.dto';
import { ReplayService } from './replay.service';
import { RedrivePreviewView, ReplayPage, ReplayPreviewView, ReplayView } from './replay-view.dto';

@ApiTags('replays')
@Controller('api/v1/replays')
export class ReplayController {
  constructor(private readonly replays: ReplayService) {}

  /** Newest first; redrives are among them. */
  @Get()
  @Allow('webhook:read')
  list(@CurrentPrincipal() who: Principal, @Query() query: ListReplaysQuery): Promise<ReplayPage> {
    return this.replays.list(who.tenantId, query);
  }

  @Get(':id')
  @Allow('webhook:read')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<ReplayView> {
    return this.replays.get(who.tenantId, id);
  }

  /** Deliveries that have not started are taken back. */
  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('webhook:configure')
  cancel(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<ReplayView> {
    return this.replays.cancel(who, id);
  }
}

@ApiTags('events')
@Controller('api/v1/events')
@Allow('webhook:configure')
export class ReplayEventsController {
  constructor(private readonly replays: ReplayService) {}

  /** Delivers many events once more, at a rate; with `preview` it only shows which ones and where they would go. */
  @Post('replay')
  @ApiOkResponse({ type: ReplayPreviewView, description: 'The preview' })
  @ApiAcceptedResponse({ type: ReplayView, description: 'It was started' })
  async replayMany(
    @CurrentPrincipal() who: Principal,
    @Body() wanted: ReplayEventsDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReplayView | ReplayPreviewView> {
    const answer = await this.replays.replayEvents(who, wanted);
    response.status('preview' in answer ? 200 : 202);
    return answer;
  }

  /** Delivers an event once more, as new deliveries of the same event. */
  @Post(':id/replay')
  @HttpCode(202)
  replay(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() wanted: ReplayEventDto,
  ): Promise<ReplayView> {
    return this.replays.replayEvent(who, id, wanted);
  }
}

@ApiTags('deliveries')
@Controller('api/v1/deliveries')
@Allow('webhook:configure')
export class RedriveController {
  constructor(private readonly replays: ReplayService) {}

  /** Gives deliveries that were given up another try, at a rate; with `preview` it only says how many there are. */
  @Post('redrive')
  @ApiOkResponse({ type: RedrivePreviewView, description: 'The preview' })
  @ApiAcceptedResponse({ type: ReplayView, description: 'It was started' })
  async redrive(
    @CurrentPrincipal() who: Principal,
    @Body() wanted: RedriveDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReplayView | RedrivePreviewView> {
    const answer = await this.replays.redrive(who, wanted);
    response.status('preview' in answer ? 200 : 202);
    return answer;
  }
}

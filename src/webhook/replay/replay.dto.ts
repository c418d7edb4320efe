import { PageQuery } from '@mira/page';
import { ApiExtraModels, ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { DEAD_CAUSES } from '../delivery/attempt/dead-cause';
import { EventFilterDto } from '../event/list-events.dto';
import { IfGiven } from '../input/if-given.decorator';
import { IsInstant } from '../input/instant.decorator';
import { IsLine } from '../input/line.decorator';
import { type RouteTarget, targetSchema, TypeOfTarget } from '../route/route.dto';
import { AgentTargetDto, HttpTargetDto, N8nTargetDto } from '../route/route-target.dto';
import { REPLAY_KINDS, type ReplayKind, REPLAY_STATES, type ReplayState } from './replay.entity';

export const DEFAULT_RATE = 10;
const MAX_IDS = 1_000;
const AN_OBJECT = { message: 'must be an object' };
const A_RATE = { message: 'must be a whole number from 1 to 100' };

/** Where events go: along one route, or to a target of its own; with neither, along the routes that take them now. */
@ApiExtraModels(N8nTargetDto, HttpTargetDto, AgentTargetDto)
export class ReplayEventDto {
  /** The route they go along, whether it would take them by itself or not. */
  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of a route' })
  route_id?: string;

  /** Somewhere else, such as another workflow. */
  @ApiProperty({ ...targetSchema, required: false })
  @IfGiven()
  @IsObject(AN_OBJECT)
  @ValidateNested(AN_OBJECT)
  @TypeOfTarget()
  target?: RouteTarget;

  /** For those who read the audit. */
  @IfGiven()
  @IsLine(500)
  reason?: string;
}

/** Which events, how fast, and whether to show what would happen instead of doing it. */
export class ReplayEventsDto extends ReplayEventDto {
  /** The events to replay, by the fields of their search. An empty one selects all. */
  @IfGiven()
  @IsObject(AN_OBJECT)
  @ValidateNested(AN_OBJECT)
  @Type(() => EventFilterDto)
  filter?: EventFilterDto;

  /** The events to replay, by their ids; instead of `filter`. */
  @IfGiven()
  @IsArray({ message: 'must be a list of ids of events' })
  @ArrayMinSize(1, { message: 'must name at least one event' })
  @ArrayMaxSize(MAX_IDS, { message: `must name at most ${MAX_IDS} events` })
  @IsUUID(undefined, { each: true, message: 'must be ids of events' })
  event_ids?: string[];

  /** Deliveries that start in a second. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 100, default: DEFAULT_RATE, required: false })
  @IfGiven()
  @IsInt(A_RATE)
  @Min(1, A_RATE)
  @Max(100, A_RATE)
  rate_per_second?: number;

  /** Only shows how many events there are and where they would go. */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  preview?: boolean;
}

export const REDRIVABLE = ['dead', 'failed'] as const;

/** Which deliveries are given another try; all that is given must hold. */
export class RedriveDto {
  /** `dead` unless it is said; `failed` are those whose execution failed, which are sent again. */
  @ApiProperty({ enum: REDRIVABLE, required: false })
  @IfGiven()
  @IsIn(REDRIVABLE, { message: `must be one of ${REDRIVABLE.join(', ')}` })
  status?: (typeof REDRIVABLE)[number];

  /** Why they were given up, as the list of dead letters says it. */
  @ApiProperty({ enum: DEAD_CAUSES, required: false })
  @IfGiven()
  @IsIn(DEAD_CAUSES, { message: `must be one of ${DEAD_CAUSES.join(', ')}` })
  cause?: string;

  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of a route' })
  route_id?: string;

  /** Given up then or later. */
  @IfGiven()
  @IsInstant()
  from?: Date;

  /** Given up before then. */
  @IfGiven()
  @IsInstant()
  to?: Date;

  /** Deliveries that start in a second. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 100, default: DEFAULT_RATE, required: false })
  @IfGiven()
  @IsInt(A_RATE)
  @Min(1, A_RATE)
  @Max(100, A_RATE)
  rate_per_second?: number;

  /** Only says how many there are. */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  preview?: boolean;

  /** For those who read the audit. */
  @IfGiven()
  @IsLine(500)
  reason?: string;
}

/** Which replays to list; all that is given must hold. */
export class ListReplaysQuery extends PageQuery {
  @ApiProperty({ enum: REPLAY_KINDS, required: false })
  @IfGiven()
  @IsIn(REPLAY_KINDS, { message: `must be one of ${REPLAY_KINDS.join(', ')}` })
  kind?: ReplayKind;

  @ApiProperty({ enum: REPLAY_STATES, required: false })
  @IfGiven()
  @IsIn(REPLAY_STATES, { message: `must be one of ${REPLAY_STATES.join(', ')}` })
  state?: ReplayState;
}

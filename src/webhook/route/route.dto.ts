import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsObject, Max, Min, ValidateNested } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { IsLine, IsListOfLines } from '../input/line.decorator';
import { routableServices } from '../source/source.registry';
import { IsRouteFilter } from './route-filter.decorator';
import { AgentTargetDto, HttpTargetDto, N8nTargetDto, RouteTargetDto } from './route-target.dto';

export type RouteTarget = N8nTargetDto | HttpTargetDto | AgentTargetDto;

const ONE_OF_THE_SERVICES = { message: `must be one of ${routableServices.join(', ')}` };
const MAX_EVENT_TYPES = 100;
const MAX_EXECUTION_RETRIES = 5;
const A_FEW = { message: `must be a whole number from 0 to ${MAX_EXECUTION_RETRIES}` };
const AN_OBJECT = { message: 'must be an object' };

export const targetSchema = {
  oneOf: [
    { $ref: getSchemaPath(N8nTargetDto) },
    { $ref: getSchemaPath(HttpTargetDto) },
    { $ref: getSchemaPath(AgentTargetDto) },
  ],
};

/** An unknown kind stays a `RouteTargetDto`, whose validation says which kinds there are. */
export function TypeOfTarget(): PropertyDecorator {
  return Type(() => RouteTargetDto, {
    discriminator: {
      property: 'kind',
      subTypes: [
        { name: 'n8n', value: N8nTargetDto },
        { name: 'http', value: HttpTargetDto },
        { name: 'agent', value: AgentTargetDto },
      ],
    },
    keepDiscriminatorProperty: true,
  });
}

@ApiExtraModels(N8nTargetDto, HttpTargetDto, AgentTargetDto)
export class CreateRouteDto {
  @IsLine(255)
  name!: string;

  /** Whose events go along it. */
  @ApiProperty({ enum: routableServices })
  @IsIn(routableServices, ONE_OF_THE_SERVICES)
  service!: string;

  /** Those that do; none named means all. Compared exactly. */
  @IfGiven()
  @IsListOfLines(MAX_EVENT_TYPES, 255)
  event_types?: string[];

  /** A condition on payload and headers that must hold besides; docs/operating.md has the language. */
  @IsRouteFilter()
  filter?: string | null;

  @ApiProperty(targetSchema)
  @IsObject(AN_OBJECT)
  @ValidateNested(AN_OBJECT)
  @TypeOfTarget()
  target!: RouteTarget;

  /** Whether events go along it; they do, unless this is false. */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  /** Whether one is delivered at a time, strictly as received: one that fails holds those behind it. */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  ordered?: boolean;

  /** How often n8n is told to run an execution again that failed, by itself: 0 to 5. For routes to n8n. */
  @IfGiven()
  @IsInt(A_FEW)
  @Min(0, A_FEW)
  @Max(MAX_EXECUTION_RETRIES, A_FEW)
  execution_retries?: number;
}

/** What is left out stays as it is; `event_types` and `target` are replaced as a whole, and null takes `filter` away. */
@ApiExtraModels(N8nTargetDto, HttpTargetDto, AgentTargetDto)
export class UpdateRouteDto {
  @IfGiven()
  @IsLine(255)
  name?: string;

  @ApiProperty({ enum: routableServices, required: false })
  @IfGiven()
  @IsIn(routableServices, ONE_OF_THE_SERVICES)
  service?: string;

  @IfGiven()
  @IsListOfLines(MAX_EVENT_TYPES, 255)
  event_types?: string[];

  /** A condition on payload and headers that must hold besides; docs/operating.md has the language. */
  @IsRouteFilter()
  filter?: string | null;

  @ApiProperty({ ...targetSchema, required: false })
  @IfGiven()
  @IsObject(AN_OBJECT)
  @ValidateNested(AN_OBJECT)
  @TypeOfTarget()
  target?: RouteTarget;

  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  /** What waits along it is put in order as well; what is under way at that moment is not. */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  ordered?: boolean;

  /** How often n8n is told to run an execution again that failed, by itself: 0 to 5. For routes to n8n. */
  @IfGiven()
  @IsInt(A_FEW)
  @Min(0, A_FEW)
  @Max(MAX_EXECUTION_RETRIES, A_FEW)
  execution_retries?: number;
}

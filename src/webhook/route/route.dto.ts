import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsObject, ValidateNested } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { IsLine, IsListOfLines } from '../input/line.decorator';
import { routableServices } from '../source/source.registry';
import { AgentTargetDto, HttpTargetDto, N8nTargetDto, RouteTargetDto } from './route-target.dto';
import { IsRouteFilter } from './route-filter.decorator';

export type RouteTarget = N8nTargetDto | HttpTargetDto | AgentTargetDto;

const ONE_OF_THE_SERVICES = { message: `must be one of ${routableServices.join(', ')}` };
const MAX_EVENT_TYPES = 100;
const AN_OBJECT = { message: 'must be an object' };

export const targetSchema = {
  oneOf: [
    { $ref: getSchemaPath(N8nTargetDto) },
    { $ref: getSchemaPath(HttpTargetDto) },
    { $ref: getSchemaPath(AgentTargetDto) },
  ],
};

/** An unknown kind stays a `RouteTargetDto`, whose validation says which kinds there are. */
function TypeOfTarget(): PropertyDecorator {
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
}

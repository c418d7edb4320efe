import { AsParsed } from '@mira/problem';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsObject, ValidateIf } from 'class-validator';

const unlessLeftOut = () => ValidateIf((_object: unknown, value: unknown) => value !== undefined);
const AN_OBJECT = { message: 'must be an object' };
const OF_ANYTHING = { type: 'object', additionalProperties: true } as const;

export class ExecuteAgentDto {
  /** What the agent works on: the `data` of the event that it gets. */
  @ApiProperty(OF_ANYTHING)
  @AsParsed()
  @IsObject(AN_OBJECT)
  data!: Record<string, unknown>;
}

/** What is left out stays as it is; `config` is replaced as a whole. */
export class UpdateAgentDto {
  /** Whether it runs in this tenant. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  /** Its settings; those that are left out have their defaults. */
  @ApiPropertyOptional(OF_ANYTHING)
  @unlessLeftOut()
  @IsObject(AN_OBJECT)
  config?: Record<string, unknown>;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsObject, IsString, Max, Min } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { IsLine } from '../input/line.decorator';
import { serviceNames } from '../source/source.registry';

const WHOLE_SECONDS = 'must be a whole number of seconds from 0 to 604800';

export class CreateEndpointDto {
  /** Who sends: it says how the proof is checked, and it cannot be changed later. */
  @ApiProperty({ enum: serviceNames })
  @IsIn(serviceNames, { message: `must be one of ${serviceNames.join(', ')}` })
  service!: string;

  @IsLine(255)
  name!: string;

  /** The source's own settings, such as `header` of `generic`; most sources have none. */
  @IfGiven()
  @IsObject({ message: 'must be an object' })
  config?: Record<string, unknown>;

  /** The secret that the sender signs with already; without one, a good one is made. */
  @IfGiven()
  @IsString({ message: 'must be a text' })
  secret?: string;

  /** Whether webhooks are taken; they are, unless this is false. */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;
}

/** What is left out stays as it is; `config` is replaced as a whole. */
export class UpdateEndpointDto {
  @IfGiven()
  @IsLine(255)
  name?: string;

  @IfGiven()
  @IsObject({ message: 'must be an object' })
  config?: Record<string, unknown>;

  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;
}

export class RotateSecretDto {
  /** The new secret; without one, a good one is made. */
  @IfGiven()
  @IsString({ message: 'must be a text' })
  secret?: string;

  /** Seconds during which proofs made with the old secret are still taken: at most a week, 0 for not at all. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsInt({ message: WHOLE_SECONDS })
  @Min(0, { message: WHOLE_SECONDS })
  @Max(604_800, { message: WHOLE_SECONDS })
  grace_seconds: number = 86_400;
}

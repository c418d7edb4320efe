import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsDate, IsIn, IsInt, IsOptional, Max, Min, ValidateIf } from 'class-validator';
import { type Tier, TIERS } from '../../tenant/tenant.entity';
import { UNLIMITED } from './plans';

const IS_MAX = { message: 'must be a whole number from -1 (unlimited) to 2000000000' };
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

const unlessLeftOut = () => ValidateIf((_object: unknown, value: unknown) => value !== undefined);

/** What is agreed: `max` for a limit, `granted` for a feature. */
export class PutOverrideDto {
  /** For a limit: the new one; -1 is unlimited. */
  @ApiPropertyOptional({ minimum: UNLIMITED })
  @unlessLeftOut()
  @IsInt(IS_MAX)
  @Min(UNLIMITED, IS_MAX)
  @Max(2_000_000_000, IS_MAX)
  max?: number;

  /** For a feature: true gives it, false takes it. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @IsBoolean({ message: 'must be true or false' })
  granted?: boolean;

  /** From when on the tier's own holds again; null or left out: never. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && ISO.test(value) ? new Date(value) : value,
  )
  @IsDate({ message: 'must be a time such as 2026-12-31T00:00:00Z' })
  ends_at?: Date | null;
}

export class TierPreviewQuery {
  /** The tier to look at. */
  @IsIn(TIERS, { message: `must be one of ${TIERS.join(', ')}` })
  tier!: Tier;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsString, Length, Matches, ValidateIf } from 'class-validator';
import { type Tier, TIERS } from './tenant.entity';

const NAME_LENGTH = { message: 'must have 1 to 200 characters, blanks around them not counted' };
/** Neither control characters nor halves of surrogate pairs, of which the database cannot hold all. */
const NAME = /^[^\p{Cc}\p{Cs}]*$/u;
const IS_NAME = { message: 'must not contain control characters' };
const IS_TIER = { message: `must be one of ${TIERS.join(', ')}` };
const IS_FLAG = { message: 'must be true or false' };

/** Left out is fine; null is not. */
const unlessLeftOut = () => ValidateIf((_object: unknown, value: unknown) => value !== undefined);
const trimmed = () => Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

export class CreateTenantDto {
  /** Blanks around it are taken off. */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @trimmed()
  @Length(1, 200, NAME_LENGTH)
  @Matches(NAME, IS_NAME)
  name!: string;

  /** The plan; `basic`, unless another is given. */
  @ApiPropertyOptional({ enum: TIERS })
  @unlessLeftOut()
  @IsIn(TIERS, IS_TIER)
  tier?: Tier;

  /** It is, unless this is false. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @IsBoolean(IS_FLAG)
  active?: boolean;
}

/** What is left out stays as it is. */
export class UpdateTenantDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: 200 })
  @unlessLeftOut()
  @trimmed()
  @Length(1, 200, NAME_LENGTH)
  @Matches(NAME, IS_NAME)
  name?: string;

  @ApiPropertyOptional({ enum: TIERS })
  @unlessLeftOut()
  @IsIn(TIERS, IS_TIER)
  tier?: Tier;

  /** False: none of its people and keys are let in, and its addresses take no webhooks. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @IsBoolean(IS_FLAG)
  active?: boolean;
}

export class DeleteTenantQuery {
  /** The tenant's exact name. Needed where the tenant has events. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @IsString({ message: "must be the tenant's exact name" })
  confirm?: string;
}

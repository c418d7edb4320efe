import { type Role, ROLES } from '@mira/access';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsEmail, IsIn, IsOptional, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';
import { IsPassword } from './password.decorator';

/**
 * ASCII alone, so that "the same but for case" means the same in every database, whatever its locale, and nobody is
 * mistaken for another by a letter that only looks alike. What NFKC makes ASCII of is taken as that.
 */
const USERNAME = /^[A-Za-z0-9._@-]{3,100}$/;
const IS_USERNAME = { message: 'must have 3 to 100 characters: letters a to z, digits, and . _ - @' };
const ASCII = /^[\x21-\x7e]*$/;
const IS_EMAIL = { message: 'must be an e-mail address in ASCII of at most 254 characters, or null' };
const IS_ROLE = { message: `must be one of ${ROLES.join(', ')}` };
const IS_FLAG = { message: 'must be true or false' };
const IS_TEXT = { message: 'must be a text' };

/** Left out is fine; null is not. */
const unlessLeftOut = () => ValidateIf((_object: unknown, value: unknown) => value !== undefined);
const normalized = () =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.normalize('NFKC') : value));

export class CreateUserDto {
  /** Unique over all tenants, whatever the case. */
  @ApiProperty({ minLength: 3, maxLength: 100, pattern: USERNAME.source })
  @normalized()
  @Matches(USERNAME, IS_USERNAME)
  username!: string;

  /** Unique over all tenants, whatever the case. */
  @ApiPropertyOptional({ type: String, format: 'email', maxLength: 254, nullable: true })
  @IsOptional()
  @normalized()
  @IsEmail({}, IS_EMAIL)
  @Matches(ASCII, IS_EMAIL)
  @MaxLength(254, IS_EMAIL)
  email?: string | null;

  /** At most what the one who gives it has; `viewer`, unless another is given. */
  @ApiPropertyOptional({ enum: ROLES })
  @unlessLeftOut()
  @IsIn(ROLES, IS_ROLE)
  role?: Role;

  /** Without one, the user cannot sign in by password. */
  @ApiPropertyOptional({ type: String, minLength: 8, maxLength: 128, nullable: true })
  @IsOptional()
  @IsPassword()
  password?: string | null;

  /** They are, unless this is false. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @IsBoolean(IS_FLAG)
  active?: boolean;
}

/** What one may change of oneself. What is left out stays as it is. */
export class UpdateMeDto {
  @ApiPropertyOptional({ minLength: 3, maxLength: 100, pattern: USERNAME.source })
  @unlessLeftOut()
  @normalized()
  @Matches(USERNAME, IS_USERNAME)
  username?: string;

  /** Null removes it. */
  @ApiPropertyOptional({ type: String, format: 'email', maxLength: 254, nullable: true })
  @IsOptional()
  @normalized()
  @IsEmail({}, IS_EMAIL)
  @Matches(ASCII, IS_EMAIL)
  @MaxLength(254, IS_EMAIL)
  email?: string | null;
}

/** What is left out stays as it is. */
export class UpdateUserDto extends UpdateMeDto {
  @ApiPropertyOptional({ enum: ROLES })
  @unlessLeftOut()
  @IsIn(ROLES, IS_ROLE)
  role?: Role;

  /** Null removes it: then the user cannot sign in by password. */
  @ApiPropertyOptional({ type: String, minLength: 8, maxLength: 128, nullable: true })
  @IsOptional()
  @IsPassword()
  password?: string | null;

  @ApiPropertyOptional()
  @unlessLeftOut()
  @IsBoolean(IS_FLAG)
  active?: boolean;
}

export class ChangePasswordDto {
  /** What it was made with may be of an older policy. */
  @IsString(IS_TEXT)
  @MaxLength(4_096, { message: 'must have at most 4096 characters' })
  old_password!: string;

  @ApiProperty({ minLength: 8, maxLength: 128 })
  @IsPassword()
  new_password!: string;
}

import { IsString, Length, Matches, MaxLength, MinLength } from 'class-validator';

const IS_TEXT = { message: 'must be a text' };

/** Who signs in. */
export class SignInDto {
  @IsString(IS_TEXT)
  @Length(1, 100, { message: 'must have 1 to 100 characters' })
  @Matches(/^\P{Cc}*$/u, { message: 'must not contain control characters' })
  username!: string;

  @IsString(IS_TEXT)
  @MinLength(1, { message: 'must not be empty' })
  @MaxLength(1024, { message: 'must have at most 1024 characters' })
  password!: string;
}

export class RefreshDto {
  /** As the sign-in or the last refresh gave it (`mira_rt_…`). It is used up by this. */
  @IsString(IS_TEXT)
  @Length(1, 4096, { message: 'must have 1 to 4096 characters' })
  refresh_token!: string;
}

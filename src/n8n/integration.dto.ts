import { Type } from 'class-transformer';
import {
  IsDefined,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { INTEGRATION_KINDS, type IntegrationKind } from './integration.entity';

const IS_TEXT = { message: 'must be a text' };
const NAME_LENGTH = { message: 'must have 1 to 100 characters' };
/** Neither blank nor with control characters, of which the database cannot hold all. */
const NAME = /^(?=.*\S)\P{Cc}*$/u;
const IS_NAME = { message: 'must not be blank or contain control characters' };
const API_KEY = /^[\x21-\x7e]{1,4096}$/;
const IS_API_KEY = { message: 'must be 1 to 4096 visible ASCII characters, as n8n shows it' };
const IS_OBJECT = { message: 'must be an object' };

/** Left out is fine; null is not. */
const unlessLeftOut = () => ValidateIf((_object: unknown, value: unknown) => value !== undefined);

/** How to reach an n8n. */
export class N8nConfigDto {
  /** Where n8n is, as one opens it in a browser: `https://n8n.example.com`. */
  @IsString(IS_TEXT)
  base_url!: string;

  /** A key of n8n's public API. Needed to name workflows by their id. It is never shown again. */
  @IsOptional()
  @Matches(API_KEY, IS_API_KEY)
  api_key?: string | null;
}

export class CreateIntegrationDto {
  @IsIn(INTEGRATION_KINDS, { message: `must be one of the kinds that there are: ${INTEGRATION_KINDS.join(', ')}` })
  kind!: IntegrationKind;

  @Length(1, 100, NAME_LENGTH)
  @Matches(NAME, IS_NAME)
  name!: string;

  @IsDefined({ message: 'is missing' })
  @IsObject(IS_OBJECT)
  @ValidateNested(IS_OBJECT)
  @Type(() => N8nConfigDto)
  config!: N8nConfigDto;
}

export class UpdateN8nConfigDto {
  /** Where the host changes, `api_key` is asked for again: the stored one was meant for the old host. */
  @unlessLeftOut()
  @IsString(IS_TEXT)
  base_url?: string;

  /** Null removes it; left out, it stays. */
  @IsOptional()
  @Matches(API_KEY, IS_API_KEY)
  api_key?: string | null;
}

/** What is left out stays as it is. */
export class UpdateIntegrationDto {
  @unlessLeftOut()
  @Length(1, 100, NAME_LENGTH)
  @Matches(NAME, IS_NAME)
  name?: string;

  @unlessLeftOut()
  @IsObject(IS_OBJECT)
  @ValidateNested(IS_OBJECT)
  @Type(() => UpdateN8nConfigDto)
  config?: UpdateN8nConfigDto;
}

import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Transform, Type, type TypeHelpOptions } from 'class-transformer';
import {
  Allow,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { staticHeadersFault } from './http/static-headers';
import { INTEGRATION_KINDS, type IntegrationKind } from './integration.entity';

const IS_TEXT = { message: 'must be a text' };
const NAME_LENGTH = { message: 'must have 1 to 100 characters' };
/** Neither blank nor with control characters, of which the database cannot hold all. */
const NAME = /^(?=.*\S)\P{Cc}*$/u;
const IS_NAME = { message: 'must not be blank or contain control characters' };
const API_KEY = /^[\x21-\x7e]{1,4096}$/;
const IS_API_KEY = { message: 'must be 1 to 4096 visible ASCII characters, as n8n shows it' };
const IS_OBJECT = { message: 'must be an object' };
const WHOLE_SECONDS = { message: 'must be a whole number of seconds from 0 to 604800' };
const HEADERS_SCHEMA = {
  type: 'object',
  additionalProperties: { type: 'string' },
  nullable: true,
  example: { authorization: 'Bearer …' },
} as const;

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

/** How to reach a receiver of any make. */
export class HttpConfigDto {
  /** Where events are posted to. It is shown to all who may read integrations: what is secret belongs into `headers`. */
  @IsString(IS_TEXT)
  url!: string;

  /** What each request carries besides, at most 20. Only the names are shown again. */
  @ApiPropertyOptional(HEADERS_SCHEMA)
  @IsOptional()
  @IsStaticHeaders()
  headers?: Record<string, string> | null;
}

/** Of a kind that there is not: then that is what is wrong, and not what its config has. */
class UnknownConfigDto {
  @Allow() base_url?: unknown;
  @Allow() api_key?: unknown;
  @Allow() url?: unknown;
  @Allow() headers?: unknown;
}

const CONFIGS: Readonly<Record<IntegrationKind, new () => object>> = { n8n: N8nConfigDto, http: HttpConfigDto };

@ApiExtraModels(N8nConfigDto, HttpConfigDto)
export class CreateIntegrationDto {
  @IsIn(INTEGRATION_KINDS, { message: `must be one of the kinds that there are: ${INTEGRATION_KINDS.join(', ')}` })
  kind!: IntegrationKind;

  @Length(1, 100, NAME_LENGTH)
  @Matches(NAME, IS_NAME)
  name!: string;

  @ApiProperty({ oneOf: [{ $ref: getSchemaPath(N8nConfigDto) }, { $ref: getSchemaPath(HttpConfigDto) }] })
  @IsDefined({ message: 'is missing' })
  @IsObject(IS_OBJECT)
  @ValidateNested(IS_OBJECT)
  @Type((options) => configOfKind(options))
  config!: N8nConfigDto | HttpConfigDto;
}

function configOfKind(options: TypeHelpOptions | undefined): new () => object {
  const kind: unknown = options?.object['kind'];
  const known = INTEGRATION_KINDS.find((one) => one === kind);
  return known ? CONFIGS[known] : UnknownConfigDto;
}

/** The settings of all kinds; those of another kind than the integration's are refused. */
export class UpdateIntegrationConfigDto {
  /** Of an n8n. Where the host changes, `api_key` is asked for again: the stored one was meant for the old host. */
  @unlessLeftOut()
  @IsString(IS_TEXT)
  base_url?: string;

  /** Of an n8n. Null removes it; left out, it stays. */
  @IsOptional()
  @Matches(API_KEY, IS_API_KEY)
  api_key?: string | null;

  /** Of a receiver. Where the host changes, `headers` are asked for again: the stored ones were meant for the old host. */
  @unlessLeftOut()
  @IsString(IS_TEXT)
  url?: string;

  /** Of a receiver. They take the place of all that there were; null removes them, left out, they stay. */
  @ApiPropertyOptional(HEADERS_SCHEMA)
  @IsOptional()
  @IsStaticHeaders()
  headers?: Record<string, string> | null;
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
  @Type(() => UpdateIntegrationConfigDto)
  config?: UpdateIntegrationConfigDto;
}

export class RotateSigningSecretDto {
  /** Seconds during which the old secret signs too, beside the new one: at most a week, 0 for not at all. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsInt(WHOLE_SECONDS)
  @Min(0, WHOLE_SECONDS)
  @Max(604_800, WHOLE_SECONDS)
  grace_seconds: number = 86_400;
}

/** Names and values that may go out with each request; what is given is looked at as it came. */
function IsStaticHeaders(): PropertyDecorator {
  const check = ValidateBy({
    name: 'isStaticHeaders',
    validator: {
      validate: (value: unknown) => staticHeadersFault(value) === null,
      defaultMessage: (args) => staticHeadersFault(args?.value) ?? '',
    },
  });
  // Without this, class-transformer would copy the object and pass over some names without a word.
  const asItCame = Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]);
  return (target, property) => {
    check(target, property);
    asItCame(target, property);
  };
}

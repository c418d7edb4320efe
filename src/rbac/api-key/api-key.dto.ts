import { ALL_PERMISSIONS, type Permission } from '@mira/access';
import { PageQuery } from '@mira/page';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';
import { readNetwork } from '../principal/allowed-networks';

const NAME_LENGTH = { message: 'must have 1 to 100 characters' };
/** Neither blank nor with control characters or halves of surrogate pairs, of which the database cannot hold all. */
const NAME = /^(?=.*\S)[^\p{Cc}\p{Cs}]*$/u;
const IS_NAME = { message: 'must not be blank or contain control characters' };
const IS_ID = { message: 'must be an id' };
/** A time without its zone would be another moment on another machine. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T.+(?:Z|[+-]\d{2}:\d{2})$/;
const IS_INSTANT = { message: 'must be a time with its zone, such as 2027-01-31T12:00:00Z' };
const MAX_NETWORKS = 50;
const LONGEST_GRACE_SECONDS = 604_800;

export class CreateApiKeyDto {
  @Length(1, 100, NAME_LENGTH)
  @Matches(NAME, IS_NAME)
  name!: string;

  /** What the key may do, of what its maker may. Left out: all that its owner may do. */
  @IsOptional()
  @IsArray({ message: 'must be a list' })
  @ArrayMinSize(1, { message: 'must name at least one permission' })
  @ArrayUnique({ message: 'must name each permission once' })
  @IsIn(ALL_PERMISSIONS, { each: true, message: 'must hold permissions that there are' })
  permissions?: Permission[] | null;

  /** When the key stops being good. Left out: never. */
  @IsOptional()
  @IsISO8601({ strict: true }, IS_INSTANT)
  @Matches(INSTANT, IS_INSTANT)
  expires_at?: string | null;

  /** The networks (CIDR) or single addresses that the key may be used from. Left out: from anywhere. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => tidied(value))
  @IsArray({ message: 'must be a list' })
  @ArrayMinSize(1, { message: 'must hold at least one network' })
  @ArrayMaxSize(MAX_NETWORKS, { message: `must hold at most ${MAX_NETWORKS} networks` })
  @IsNetwork()
  allowed_networks?: string[] | null;

  /** Whose key it is to be. Left out: one's own. */
  @IsOptional()
  @IsUUID('all', IS_ID)
  user_id?: string | null;
}

export class RotateApiKeyDto {
  /** Seconds that the old key is good for yet: time to bring the new one to where it is used. */
  @IsInt({ message: 'must be a whole number' })
  @Min(0, { message: 'must be at least 0' })
  @Max(LONGEST_GRACE_SECONDS, { message: `must be at most ${LONGEST_GRACE_SECONDS} (7 days)` })
  grace_seconds: number = 86_400;
}

export class ListApiKeysQuery extends PageQuery {
  /** Only the keys of this user. */
  @IsOptional()
  @IsUUID('all', IS_ID)
  user_id?: string;
}

function IsNetwork(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isNetwork',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && readNetwork(value) !== null,
        defaultMessage: () => 'must hold networks such as 10.0.0.0/8 or 2001:db8::/32, or single addresses',
      },
    },
    { each: true },
  );
}

/** Each network in its one spelling; what is none stays, to be refused. */
function tidied(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const items: unknown[] = value;
  return items.map((item) => (typeof item === 'string' ? (readNetwork(item) ?? item) : item));
}

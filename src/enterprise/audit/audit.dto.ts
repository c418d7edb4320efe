import { PageQuery } from '@mira/page';
import { ApiProperty, ApiPropertyOptional, IntersectionType, OmitType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDate, IsIn, isISO8601, IsUUID, Matches, ValidateIf } from 'class-validator';

/** As names of actions and of kinds of things are made. */
const NAME = /^[a-z][a-z0-9_.]{0,99}$/;
const IS_NAME = { message: 'must be made of small letters, digits, dots and underscores' };
/** A time without its zone would be another moment on another machine; a date alone is its midnight in UTC. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;
const IS_INSTANT = { message: 'must be a time such as 2026-01-31T12:00:00Z' };

/** Left out is fine; null is not. */
const unlessLeftOut = () => ValidateIf((_object: unknown, value: unknown) => value !== undefined);
const toInstant = () => Transform(({ value }: { value: unknown }) => instantIn(value));

/** Which entries; all that is given must hold. */
export class AuditFilter {
  /** Who did it. */
  @ApiPropertyOptional({ format: 'uuid' })
  @unlessLeftOut()
  @IsUUID('all', { message: 'must be an id' })
  user_id?: string;

  /** Such as `user.created`. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @Matches(NAME, IS_NAME)
  action?: string;

  /** Such as `user`. */
  @ApiPropertyOptional()
  @unlessLeftOut()
  @Matches(NAME, IS_NAME)
  resource_type?: string;

  /** At that time or later. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @unlessLeftOut()
  @toInstant()
  @IsDate(IS_INSTANT)
  since?: Date;

  /** Before that time. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @unlessLeftOut()
  @toInstant()
  @IsDate(IS_INSTANT)
  until?: Date;
}

export class ListAuditQuery extends IntersectionType(PageQuery, AuditFilter) {}

export const EXPORT_FORMATS = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export class ExportAuditQuery extends OmitType(AuditFilter, []) {
  @ApiProperty({ enum: EXPORT_FORMATS })
  @IsIn(EXPORT_FORMATS, { message: `must be one of ${EXPORT_FORMATS.join(', ')}` })
  format!: ExportFormat;
}

function instantIn(value: unknown): unknown {
  if (typeof value !== 'string' || !INSTANT.test(value) || !isISO8601(value, { strict: true })) return value;
  return new Date(value);
}

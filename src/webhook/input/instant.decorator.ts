import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsDate, isISO8601 } from 'class-validator';

/** ISO 8601 has weeks, ordinal days and local times besides; this is the part of it that names one instant. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A moment: a date with time and zone, or a date alone, which is its midnight in UTC. Becomes a `Date`. */
export function IsInstant(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => instantIn(value)),
    IsDate({ message: 'must be a time such as 2026-01-31T12:00:00Z' }),
  );
}

function instantIn(value: unknown): unknown {
  if (typeof value !== 'string' || !INSTANT.test(value) || !isISO8601(value, { strict: true })) return value;
  return new Date(value);
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { registerDecorator, IsIn, ValidateIf } from 'class-validator';
import { type Metric, METRIC_NAMES } from './metrics';
import { dayOf, type Period, PERIODS } from './periods';

const unlessLeftOut = () => ValidateIf((_object: unknown, value: unknown) => value !== undefined);

/** A day that there is in the calendar, as `2026-11-22`. */
function IsDay(): PropertyDecorator {
  return (target, propertyName) =>
    registerDecorator({
      name: 'isDay',
      target: target.constructor,
      propertyName: String(propertyName),
      options: { message: 'must be a day such as 2026-11-22' },
      validator: { validate: isDay },
    });
}

function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^2\d{3}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && dayOf(date) === value;
}

/** Which days; at most 1000 of them, or 1000 months. */
export class RangeQuery {
  @ApiPropertyOptional({ enum: PERIODS, default: 'day' })
  @IsIn(PERIODS, { message: `must be one of ${PERIODS.join(', ')}` })
  period: Period = 'day';

  /** The first day; thirty days, or twelve months, before the last where it is left out. */
  @ApiPropertyOptional({ type: String, format: 'date' })
  @unlessLeftOut()
  @IsDay()
  from?: string;

  /** The last day; today where it is left out. */
  @ApiPropertyOptional({ type: String, format: 'date' })
  @unlessLeftOut()
  @IsDay()
  to?: string;
}

export class SeriesQuery extends RangeQuery {
  @IsIn(METRIC_NAMES, { message: `must be one of ${METRIC_NAMES.join(', ')}` })
  metric!: Metric;
}

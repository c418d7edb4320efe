import { AsParsed } from '@mira/problem';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsDefined, IsObject, IsUUID, ValidateBy } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { IsLine } from '../input/line.decorator';

/** What a route is tried with: a stored event, or one that is made up. */
export class TestRouteDto {
  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of an event' })
  event_id?: string;

  /** Instead of `event_id`: whose event it would be. */
  @IfGiven()
  @IsLine(255)
  service?: string;

  @IfGiven()
  @IsLine(255)
  event_type?: string;

  /** What would stand in its body, as JSON. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @AsParsed()
  @IfGiven()
  @IsDefined({ message: 'must be any JSON but null' })
  payload?: unknown;

  /** By name. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @IfGiven()
  @IsObject({ message: 'must be an object' })
  @AreTexts()
  headers?: Record<string, string>;
}

function AreTexts(): PropertyDecorator {
  return ValidateBy({
    name: 'areTexts',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string'),
      defaultMessage: () => 'must have nothing but texts in it',
    },
  });
}

export const ROUTE_CHECKS = ['enabled', 'service', 'event_type', 'filter'] as const;

/** One of the conditions of a route. */
export class RouteCheckView {
  @ApiProperty({ enum: ROUTE_CHECKS })
  check!: (typeof ROUTE_CHECKS)[number];
  passed!: boolean;
  /** Why it did not, in words. */
  detail!: string | null;
}

/** Where a filter stopped. */
export class FilterStopView {
  /** The condition that does not hold, as it stands in the filter. */
  condition!: string;
  line!: number;
  column!: number;
  /** What was found on its left, as JSON of at most 200 characters; null where nothing is there. */
  value!: string | null;
}

/** Whether a route takes an event, and why not. */
export class RouteTestView {
  takes!: boolean;
  /** True: it takes it, and holds it until the route is resumed. */
  paused!: boolean;
  checks!: RouteCheckView[];
  /** Null where the filter matches, or there is none. */
  filter_stopped_at!: FilterStopView | null;
}

import { compileFilter, describeFault, MAX_LENGTH } from '@mira/filter';
import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { IfGiven } from '../input/if-given.decorator';
import { ROUTE_FILTERS } from './route.filter';

/** A filter, or null for none; a wrong one is refused with the place of the fault. */
export function IsRouteFilter(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'string',
      nullable: true,
      required: false,
      maxLength: MAX_LENGTH,
      example: 'payload.action == "opened" and payload.pull_request.draft != true',
    }),
    IfGiven(),
    ValidateBy({
      name: 'isRouteFilter',
      validator: {
        validate: (value: unknown) => faultOf(value) === null,
        defaultMessage: (args) => faultOf(args?.value) ?? '',
      },
    }),
  );
}

function faultOf(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') return 'must be a filter, or null for none';
  const compiled = compileFilter(value, ROUTE_FILTERS);
  return compiled.kind === 'fault' ? describeFault(compiled.fault, value) : null;
}

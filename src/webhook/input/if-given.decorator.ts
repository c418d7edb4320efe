import { ValidateIf } from 'class-validator';

/** A property that may be left out. Unlike class-validator's `IsOptional`, it lets no null through. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

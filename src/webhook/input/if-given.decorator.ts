import { ValidateIf } from 'class-validator';

/** A property that may be left out. Unlike class-validator's `IsOptional`, it lets no null through. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

/** A property that may be left out, or null to say that there is none. */
export function IfGivenOrNull(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined && value !== null);
}

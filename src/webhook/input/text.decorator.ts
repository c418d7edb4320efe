import { ValidateBy } from 'class-validator';

/** Text of any number of lines, as PostgreSQL takes it: no NUL and no half of a surrogate pair. Counted in characters. */
export function isText(value: unknown, maxLength: number): value is string {
  if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) return false;
  return value.length <= maxLength || (value.length <= 2 * maxLength && Array.from(value).length <= maxLength);
}

/** A text that may have several lines, or be empty. */
export function IsText(maxLength: number): PropertyDecorator {
  return ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) => isText(value, maxLength),
      defaultMessage: () => `must be a text of at most ${maxLength} characters, without NUL`,
    },
  });
}

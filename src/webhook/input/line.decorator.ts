import { ValidateBy } from 'class-validator';

const CONTROL = /\p{Cc}/u;

/** Text that fits a line and a column: PostgreSQL takes no NUL and no half of a surrogate pair. */
export function isLine(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= maxLength &&
    !CONTROL.test(value) &&
    value.isWellFormed()
  );
}

/** A text of one line that is not blank. */
export function IsLine(maxLength: number): PropertyDecorator {
  return ValidateBy({
    name: 'isLine',
    validator: {
      validate: (value: unknown) => isLine(value, maxLength),
      defaultMessage: () => `must be a text of 1 to ${maxLength} characters, in one line`,
    },
  });
}

/** A list of such texts; an empty one will do. */
export function IsListOfLines(maxItems: number, maxLength: number): PropertyDecorator {
  return ValidateBy({
    name: 'isListOfLines',
    validator: {
      validate: (value: unknown) =>
        Array.isArray(value) && value.length <= maxItems && value.every((item) => isLine(item, maxLength)),
      defaultMessage: () => `must be a list of at most ${maxItems} texts, each of 1 to ${maxLength} characters`,
    },
  });
}

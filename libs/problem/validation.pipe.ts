import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { Problem, type FieldError } from './problem';
import { problems } from './problems';

/** Beyond these nobody reads on, and an answer must not grow with what a stranger sends. */
const MAX_ERRORS = 100;
const MAX_FIELD_LENGTH = 200;

/**
 * The pipe for all DTOs: unknown fields are refused, values become instances of the DTO, and what is wrong is
 * answered as one problem with a line for each field.
 */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: validationProblem,
  });
}

/** Flattens the tree of class-validator: at most 100 errors, nested fields as paths, no values. */
export function validationProblem(errors: readonly ValidationError[]): Problem {
  const fields: FieldError[] = [];
  collect(errors, '', fields);
  return problems.validationFailed(fields);
}

function collect(errors: readonly ValidationError[], parent: string, into: FieldError[]): void {
  for (const error of errors) {
    const field = (parent ? `${parent}.${error.property}` : error.property).slice(0, MAX_FIELD_LENGTH);
    for (const [rule, message] of Object.entries(error.constraints ?? {})) {
      if (into.length >= MAX_ERRORS) return;
      // class-validator repeats the field's name here, whatever its length.
      into.push({ field, message: rule === 'whitelistValidation' ? 'is not a known field' : message });
    }
    collect(error.children ?? [], field, into);
  }
}

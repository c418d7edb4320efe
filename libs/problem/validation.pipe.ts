import { ownProperty } from '@mira/json';
import { type ArgumentMetadata, ValidationPipe, type ValidationError } from '@nestjs/common';
import { fieldsAsParsed } from './as-parsed.decorator';
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
  return new DtoPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: validationProblem,
  });
}

/** Has those fields checked for their kind alone that are taken as they were parsed, and puts them back then. */
class DtoPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const parsed = fieldsAsParsed(metadata.metatype).flatMap((name) => {
      const given = ownProperty(value, name);
      return typeof given === 'object' && given !== null ? [[name, given] as const] : [];
    });
    if (typeof value !== 'object' || parsed.length === 0) return super.transform(value, metadata);
    const standIns = parsed.map(([name, given]) => [name, Array.isArray(given) ? [] : {}]);
    const dto: unknown = await super.transform({ ...value, ...Object.fromEntries(standIns) }, metadata);
    return Object.assign(Object(dto), Object.fromEntries(parsed));
  }
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

import { ValidateBy, type ValidationArguments } from 'class-validator';
import { passwordFault } from '../password.policy';

/** A password that somebody may have from now on. */
export function IsPassword(): PropertyDecorator {
  return ValidateBy({
    name: 'isPassword',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && passwordFault(value) === null,
      defaultMessage: (about?: ValidationArguments) => {
        const value: unknown = about?.value;
        return (typeof value === 'string' ? passwordFault(value) : null) ?? 'must be a text';
      },
    },
  });
}

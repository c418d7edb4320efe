import { problems } from '@mira/problem';
import { isUUID, ValidateBy, type ValidationOptions } from 'class-validator';

/** How the text of a UUID is grouped (RFC 9562, 4). */
const GROUPS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
const MALFORMED = 'must be the next_cursor of an earlier answer';

/** The cursor that continues a list after the row with this id: base64url of the 16 bytes of the UUID, 22 characters. */
export function encodeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/**
 * The id to continue after, as lower-case UUID text; null where the list begins.
 *
 * @throws Problem `validation-failed` naming `cursor`, where `encodeCursor` made no such text
 */
export function decodeCursor(cursor: string | null | undefined): string | null {
  if (cursor === undefined || cursor === null) return null;
  const id = idIn(cursor);
  if (id === null) throw problems.validationFailed([{ field: 'cursor', message: MALFORMED }]);
  return id;
}

/** The same check as a validation decorator, so that a bad cursor is answered together with the other wrong fields. */
export function IsCursor(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCursor',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && idIn(value) !== null,
        defaultMessage: () => MALFORMED,
      },
    },
    options,
  );
}

/** Only the one spelling that `encodeCursor` makes: Buffer itself skips whatever is no base64. */
function idIn(cursor: string): string | null {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const [, ...parts] = GROUPS.exec(hex) ?? [];
  const id = parts.join('-');
  return isUUID(id) && encodeCursor(id) === cursor ? id : null;
}

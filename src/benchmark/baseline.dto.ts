import { Matches } from 'class-validator';

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const RULE = '1 to 64 of a to z, 0 to 9, ".", "_" and "-", the first a letter or a digit';

/** In a body or an address. */
export class BaselineNameDto {
  @Matches(NAME, { message: `must be ${RULE}` })
  name!: string;
}

export class CompareQuery {
  /** The baseline to compare with. */
  @Matches(NAME, { message: `must name a baseline: ${RULE}` })
  baseline!: string;
}

import { IsIn, IsOptional, Matches } from 'class-validator';

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const PREFIX = /^(?:[!-~][ -~]{0,63})?$/;

/** How a sender of the customer's own signs. Every setting has a default that fits the most common way. */
export class GenericConfig {
  /** the header that holds the signature */
  @IsOptional()
  @Matches(HEADER_NAME, { message: 'must be the name of a header' })
  header: string | null = 'x-webhook-signature';

  /** the text form of the HMAC */
  @IsOptional()
  @IsIn(['hex', 'base64'], { message: 'must be hex or base64' })
  encoding: 'hex' | 'base64' | null = 'hex';

  /** what stands before the HMAC in the header, such as `sha256=` */
  @IsOptional()
  @Matches(PREFIX, { message: 'must be at most 64 printable ASCII characters and not begin with a space' })
  prefix: string | null = '';

  /**
   * the header that holds the unix time in seconds; where it is set, `{time}.{body}` is signed instead of the body
   * alone, and a time more than 300 seconds away is refused
   */
  @IsOptional()
  @Matches(HEADER_NAME, { message: 'must be the name of a header' })
  timestamp_header: string | null = null;
}

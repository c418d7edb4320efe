import { Injectable } from '@nestjs/common';

/**
 * What day it is, as the database is asked: all processes then agree, whatever their machines' clocks say. A test puts
 * another moment in its place.
 */
@Injectable()
export class UsageClock {
  /** An SQL expression of type timestamptz. Constant within a transaction. */
  get now(): string {
    return 'now()';
  }

  /** The UTC day, as an SQL expression of type date. */
  get today(): string {
    return `(${this.now} AT TIME ZONE 'UTC')::date`;
  }
}

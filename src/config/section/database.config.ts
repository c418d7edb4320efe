import { Setting } from '../setting/setting.decorator';
import { withoutPassword } from '../setting/database-url';
import { databaseUrl, flag, optional, wholeNumber } from '../setting/setting-kinds';

/** Where the database is, and how it is spoken to. */
export class DatabaseConfig {
  @Setting(optional(databaseUrl()), {
    about: 'The PostgreSQL server; without it the embedded database in `data_dir`.',
    customary: 'DATABASE_URL',
    secret: withoutPassword,
  })
  readonly url: string | null = null;

  @Setting(wholeNumber(2, 1_000), { about: 'Connections that one process holds at most.' })
  readonly pool_size: number = 10;

  @Setting(wholeNumber(100, 60_000), {
    about: 'Milliseconds to wait for a connection. A database that is away answers 503 after it, so keep it under 2 s.',
  })
  readonly connect_timeout_ms: number = 1_500;

  @Setting(wholeNumber(100, 600_000), { about: 'Milliseconds after which a PostgreSQL server gives up a statement.' })
  readonly statement_timeout_ms: number = 10_000;

  @Setting(flag(), {
    about:
      'Whether a pooler in transaction mode, such as PgBouncer, stands before the server: nothing is kept in a session then.',
  })
  readonly transaction_pooling: boolean = false;
}

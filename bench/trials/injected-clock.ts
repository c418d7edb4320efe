import { onDatabase } from '../support/scratch-server.ts';

/** The expression that Mira's processes ask instead of `now()`. As constant within a transaction as that is. */
export const CLOCK = 'trial_now()';

/** The clock of the trials' database, for all processes on it. */
export class InjectedClock {
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** To be called before Mira starts there. As the owner, for Mira asks in the role of its tenants. */
  async create(): Promise<void> {
    await onDatabase(this.url, async (client) => {
      await client.query('CREATE TABLE trial_clock (ahead interval NOT NULL)');
      await client.query(`INSERT INTO trial_clock VALUES ('0')`);
      await client.query(`
        CREATE FUNCTION ${CLOCK} RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
        AS 'SELECT now() + ahead FROM public.trial_clock'`);
    });
  }

  /** Makes it so many seconds before a midnight UTC, and tells the day that ends then: `2026-11-22`. */
  async setBeforeMidnight(seconds: number): Promise<string> {
    return onDatabase(this.url, async (client) => {
      await client.query(
        `UPDATE trial_clock SET ahead =
           ((now() AT TIME ZONE 'UTC')::date + 2)::timestamp AT TIME ZONE 'UTC' - now() - make_interval(secs => $1)`,
        [seconds],
      );
      const { rows } = await client.query<{ day: string }>(`SELECT (${CLOCK} AT TIME ZONE 'UTC')::date::text AS day`);
      if (!rows[0]) throw new Error('the clock does not go');
      return rows[0].day;
    });
  }
}

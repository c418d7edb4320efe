import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/**
 * Work that one process does at a time, for longer than a transaction: whoever takes the turn has it until it gives it
 * back, or is silent for so long that it may have died. By the clock of the database, and by a row, for a lock of a session
 * would not survive a pooler.
 */
@Injectable()
export class Turns {
  private readonly holder = randomUUID();

  constructor(private readonly dataSource: DataSource) {}

  /** True where this process has the turn from now on for so many seconds, be it anew or still. */
  async take(name: string, seconds: number): Promise<boolean> {
    const taken: unknown[] = await this.dataSource.query(TAKE, [name, this.holder, seconds]);
    return taken.length > 0;
  }

  /** Another process may have it at once. Nothing where this one has not. */
  async giveBack(name: string): Promise<void> {
    await this.dataSource.query('DELETE FROM turns WHERE name = $1 AND holder = $2', [name, this.holder]);
  }
}

const TAKE = `
  INSERT INTO turns AS t (name, holder, expires_at) VALUES ($1, $2, now() + $3::float8 * interval '1 second')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
  WHERE t.holder = excluded.holder OR t.expires_at < now()
  RETURNING name`;

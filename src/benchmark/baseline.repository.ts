import type { BenchmarkSnapshot } from '@mira/benchmark';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Figures that were kept under a name. */
export interface Baseline {
  readonly name: string;
  readonly taken_at: Date;
  /** When the process started that they are of. */
  readonly since: Date;
  readonly version: string;
  readonly snapshot: BenchmarkSnapshot;
}

const COLUMNS = 'name, taken_at, since, version, snapshot';

/** Asks the database for a tenant's baselines, in the caller's transaction. */
@Injectable()
export class BaselineRepository {
  async list(manager: EntityManager, tenantId: string): Promise<Baseline[]> {
    return manager.query(`SELECT ${COLUMNS} FROM benchmark_baselines WHERE tenant_id = $1 ORDER BY name`, [tenantId]);
  }

  async find(manager: EntityManager, tenantId: string, name: string): Promise<Baseline | null> {
    const [row]: Baseline[] = await manager.query(
      `SELECT ${COLUMNS} FROM benchmark_baselines WHERE tenant_id = $1 AND name = $2`,
      [tenantId, name],
    );
    return row ?? null;
  }

  /** Adds one unless there are `most`; null where there are, or the name is taken. */
  async add(
    manager: EntityManager,
    tenantId: string,
    { name, since, version, snapshot }: Omit<Baseline, 'taken_at'>,
    most: number,
  ): Promise<Baseline | null> {
    // Those of one tenant take turns, so that there is never one more.
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`baselines ${tenantId}`]);
    const [row]: Baseline[] = await manager.query(
      `INSERT INTO benchmark_baselines (tenant_id, name, since, version, snapshot)
       SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM benchmark_baselines WHERE tenant_id = $1) < $6::int
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [tenantId, name, since, version, JSON.stringify(snapshot), most],
    );
    return row ?? null;
  }

  /** False where there was none. */
  async delete(manager: EntityManager, tenantId: string, name: string): Promise<boolean> {
    const [, count]: [unknown, number] = await manager.query(
      'DELETE FROM benchmark_baselines WHERE tenant_id = $1 AND name = $2',
      [tenantId, name],
    );
    return count > 0;
  }
}

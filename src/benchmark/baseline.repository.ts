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

  /** Those of one tenant who would add one take turns until the transaction ends. */
  async holdAll(manager: EntityManager, tenantId: string): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`baselines ${tenantId}`]);
  }

  async names(manager: EntityManager, tenantId: string): Promise<string[]> {
    const rows: { name: string }[] = await manager.query('SELECT name FROM benchmark_baselines WHERE tenant_id = $1', [
      tenantId,
    ]);
    return rows.map(({ name }) => name);
  }

  async add(
    manager: EntityManager,
    tenantId: string,
    { name, since, version, snapshot }: Omit<Baseline, 'taken_at'>,
  ): Promise<Baseline> {
    const [row]: Baseline[] = await manager.query(
      `INSERT INTO benchmark_baselines (tenant_id, name, since, version, snapshot)
       VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      [tenantId, name, since, version, JSON.stringify(snapshot)],
    );
    if (!row) throw new Error('a baseline was added and is not there');
    return row;
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

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** Tasks of a project, each of which may be somebody's. A project takes its tasks along by hand, for it says how many. */
export class Tasks1795300000070 implements MigrationInterface {
  readonly name = 'Tasks1795300000070';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tasks (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        project_id uuid NOT NULL,
        title text NOT NULL CHECK (title <> ''),
        description text,
        status text NOT NULL CHECK (status IN ('open', 'in_progress', 'completed', 'cancelled')),
        assignee_id uuid,
        due_at timestamptz,
        completed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id),
        FOREIGN KEY (tenant_id, assignee_id) REFERENCES users (tenant_id, id) ON DELETE SET NULL (assignee_id),
        CHECK ((status = 'completed') = (completed_at IS NOT NULL))
      )`);
    await runner.query('CREATE INDEX tasks_project_idx ON tasks (tenant_id, project_id, id)');
    // Also for whoever deletes a user: the tasks that were theirs are looked for.
    await runner.query(`
      CREATE INDEX tasks_assignee_idx ON tasks (tenant_id, assignee_id) WHERE assignee_id IS NOT NULL`);
    await protectTenantTable(runner, 'tasks');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE tasks');
  }
}

import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { Project } from './project.entity';

/** Asks the database for projects, inside the caller's tenant-scoped transaction. */
@Injectable()
export class ProjectRepository {
  /** Adds the project; false where its event has made one already. */
  async insert(manager: EntityManager, project: Omit<Project, 'createdAt' | 'updatedAt'>): Promise<boolean> {
    const inserted = await manager
      .createQueryBuilder()
      .insert()
      .into(Project)
      .values(project)
      .orIgnore()
      .returning('id')
      .execute();
    const rows: unknown = inserted.raw;
    return Array.isArray(rows) && rows.length > 0;
  }

  /** Newest first, those before `before`. */
  async list(manager: EntityManager, tenantId: string, limit: number, before: string | null): Promise<Project[]> {
    return manager.find(Project, {
      where: { tenantId, ...(before === null ? {} : { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<Project | null> {
    return manager.findOneBy(Project, { tenantId, id });
  }

  async findBySourceEvent(manager: EntityManager, tenantId: string, sourceEventId: string): Promise<Project | null> {
    return manager.findOneBy(Project, { tenantId, sourceEventId });
  }
}

import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { Project } from './project.entity';

/** Asks the database for projects, inside the caller's tenant-scoped transaction. */
@Injectable()
export class ProjectRepository {
  async insert(manager: EntityManager, project: Omit<Project, 'createdAt' | 'updatedAt'>): Promise<void> {
    await manager.insert(Project, project);
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

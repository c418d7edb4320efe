import { Injectable } from '@nestjs/common';
import { type EntityManager, ILike, LessThan } from 'typeorm';
import { Project } from './project.entity';

/** Which projects, newest first; what is undefined does not matter. */
export interface ProjectSearch {
  readonly limit: number;
  readonly before: string | null;
  /** A part of the name, upper and lower case being the same. */
  readonly name?: string | undefined;
}

/** Asks the database for projects, inside the caller's tenant-scoped transaction. */
@Injectable()
export class ProjectRepository {
  /** Fills in the times that the database gives it. */
  async insert(manager: EntityManager, project: Project): Promise<void> {
    await manager.insert(Project, project);
  }

  async list(manager: EntityManager, tenantId: string, { limit, before, name }: ProjectSearch): Promise<Project[]> {
    return manager.find(Project, {
      where: {
        tenantId,
        ...(before === null ? {} : { id: LessThan(before) }),
        ...(name === undefined ? {} : { name: ILike(`%${literally(name)}%`) }),
      },
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

  /** Holds the row until the transaction ends, so that changes come one after the other. */
  async lock(manager: EntityManager, tenantId: string, id: string): Promise<Project | null> {
    return manager.findOne(Project, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Keeps it from being deleted until the transaction ends, and from nothing else; null where there is none. */
  async keep(manager: EntityManager, tenantId: string, id: string): Promise<Project | null> {
    return manager.findOne(Project, { where: { tenantId, id }, lock: { mode: 'for_key_share' } });
  }

  /** Writes what was changed of it. */
  async save(manager: EntityManager, project: Project): Promise<Project> {
    return manager.save(project);
  }

  async delete(manager: EntityManager, { tenantId, id }: Project): Promise<void> {
    await manager.delete(Project, { tenantId, id });
  }
}

/** What LIKE would read as a pattern, as it stands. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

import type { Project } from './project.entity';

/** A project as it is answered. */
export class ProjectView {
  id!: string;
  name!: string;
  description!: string | null;
  /** The event that made it; null where a person did. */
  source_event_id!: string | null;
  created_at!: string;
  updated_at!: string;
}

/** What went with a project that was deleted. */
export class DeletedProjectView {
  id!: string;
  tasks_deleted!: number;
}

export class ProjectPage {
  data!: ProjectView[];
  next_cursor!: string | null;
}

export function projectView(project: Project): ProjectView {
  return {
    id: project.id,
    name: project.name,
    description: project.description,
    source_event_id: project.sourceEventId,
    created_at: project.createdAt.toISOString(),
    updated_at: project.updatedAt.toISOString(),
  };
}

import { PageQuery } from '@mira/page';
import { AsParsed } from '@mira/problem';
import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { IsDefined, IsIn, IsObject, IsOptional, Matches } from 'class-validator';

/** What `sync` tells n8n of. */
export const SYNC_TYPES = ['project_events', 'task_updates', 'workflow_trigger'] as const;
export type SyncType = (typeof SYNC_TYPES)[number];

/** n8n's own cursors are base64. */
const N8N_CURSOR = /^[\w+/=-]{1,1000}$/;

/** The workflows of an n8n, in pages of its own. */
export class ListWorkflowsQuery extends PickType(PageQuery, ['limit'] as const) {
  /** The `next_cursor` of the answer before, which is n8n's; left out at the beginning. */
  @IsOptional()
  @Matches(N8N_CURSOR, { message: 'must be the next_cursor of an earlier answer' })
  cursor?: string;
}

export class TriggerWorkflowDto {
  /** What the workflow gets as its body; an empty object if left out. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @AsParsed()
  @IsOptional()
  @IsObject({ message: 'must be an object' })
  data?: Record<string, unknown>;
}

export class SyncDto {
  /**
   * `project_events` and `task_updates` make an event of service `mira`, which goes where routes lead it;
   * `workflow_trigger` starts the workflow that `data.workflow_id` names, with the rest of `data`.
   */
  @ApiProperty({ enum: SYNC_TYPES })
  @IsIn(SYNC_TYPES, { message: `must be one of ${SYNC_TYPES.join(', ')}` })
  type!: SyncType;

  @ApiProperty({ type: 'object', additionalProperties: true })
  @AsParsed()
  @IsDefined({ message: 'is missing' })
  @IsObject({ message: 'must be an object' })
  data!: Record<string, unknown>;
}

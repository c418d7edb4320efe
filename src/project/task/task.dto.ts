import { PageQuery } from '@mira/page';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { IfGiven, IfGivenOrNull } from '../../webhook/input/if-given.decorator';
import { IsInstant } from '../../webhook/input/instant.decorator';
import { IsLine } from '../../webhook/input/line.decorator';
import { IsText } from '../../webhook/input/text.decorator';
import { TASK_STATUSES, type TaskStatus } from './task.entity';

const MAX_TITLE_LENGTH = 255;
const MAX_DESCRIPTION_LENGTH = 10_000;
const ONE_OF_THE_STATUSES = { message: `must be one of ${TASK_STATUSES.join(', ')}` };
const A_USER = { message: 'must be the id of a user of the tenant, or null' };

/** A task to be made; it is `open`, unless it says otherwise. */
export class CreateTaskDto {
  @IsLine(MAX_TITLE_LENGTH)
  title!: string;

  @IfGivenOrNull()
  @IsText(MAX_DESCRIPTION_LENGTH)
  description?: string | null;

  @ApiProperty({ enum: TASK_STATUSES, required: false })
  @IfGiven()
  @IsIn(TASK_STATUSES, ONE_OF_THE_STATUSES)
  status?: TaskStatus;

  /** A user of the tenant; null: nobody. */
  @IfGivenOrNull()
  @IsUUID(undefined, A_USER)
  assignee_id?: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, required: false })
  @IfGivenOrNull()
  @IsInstant()
  due_at?: Date | null;
}

/** What is left out stays as it is; null takes away what may be missing. */
export class UpdateTaskDto {
  @IfGiven()
  @IsLine(MAX_TITLE_LENGTH)
  title?: string;

  @IfGivenOrNull()
  @IsText(MAX_DESCRIPTION_LENGTH)
  description?: string | null;

  @ApiProperty({ enum: TASK_STATUSES, required: false })
  @IfGiven()
  @IsIn(TASK_STATUSES, ONE_OF_THE_STATUSES)
  status?: TaskStatus;

  /** A user of the tenant; null: nobody. */
  @IfGivenOrNull()
  @IsUUID(undefined, A_USER)
  assignee_id?: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, required: false })
  @IfGivenOrNull()
  @IsInstant()
  due_at?: Date | null;
}

/** Which tasks to list; all that is given must hold. */
export class ListTasksQuery extends PageQuery {
  @ApiProperty({ enum: TASK_STATUSES, required: false })
  @IfGiven()
  @IsIn(TASK_STATUSES, ONE_OF_THE_STATUSES)
  status?: TaskStatus;

  @IfGiven()
  @IsUUID(undefined, { message: 'must be the id of a user' })
  assignee_id?: string;

  /** Due before then. */
  @IfGiven()
  @IsInstant()
  due_before?: Date;

  /** Due then or later. */
  @IfGiven()
  @IsInstant()
  due_from?: Date;
}

import { PageQuery } from '@mira/page';
import { IfGiven, IfGivenOrNull } from '../webhook/input/if-given.decorator';
import { IsLine } from '../webhook/input/line.decorator';
import { IsText } from '../webhook/input/text.decorator';

const MAX_NAME_LENGTH = 255;
const MAX_DESCRIPTION_LENGTH = 10_000;

export class CreateProjectDto {
  @IsLine(MAX_NAME_LENGTH)
  name!: string;

  @IfGivenOrNull()
  @IsText(MAX_DESCRIPTION_LENGTH)
  description?: string | null;
}

/** What is left out stays as it is; null takes the description away. */
export class UpdateProjectDto {
  @IfGiven()
  @IsLine(MAX_NAME_LENGTH)
  name?: string;

  @IfGivenOrNull()
  @IsText(MAX_DESCRIPTION_LENGTH)
  description?: string | null;
}

/** Which projects to list. */
export class ListProjectsQuery extends PageQuery {
  /** A part of their name; upper and lower case are the same. */
  @IfGiven()
  @IsLine(MAX_NAME_LENGTH)
  name?: string;
}

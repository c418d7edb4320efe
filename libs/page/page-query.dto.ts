import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsCursor } from './cursor';

/** The query of a list. Lists with filters extend it. */
export class PageQuery {
  /** How many to answer with at most. */
  @ApiPropertyOptional({ type: 'integer' })
  @Transform(({ value }: { value: unknown }) => numberIn(value))
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be at least 1' })
  @Max(200, { message: 'must be at most 200' })
  limit: number = 50;

  /** The `next_cursor` of the answer before; left out at the beginning. */
  @IsOptional()
  @IsCursor()
  cursor?: string;
}

/** Plain digits alone: `Number` would also read an empty text, `0x10` and `1e2`. */
function numberIn(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}

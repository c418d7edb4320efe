import { type AccessVerdict, ALL_PERMISSIONS, type DecidedBy, type Permission } from '@mira/access';
import { IsIn } from 'class-validator';

export class ExplainQuery {
  @IsIn(ALL_PERMISSIONS, { message: 'must be a permission that there is' })
  permission!: Permission;
}

export class ExplanationView {
  permission!: Permission;
  allowed!: boolean;
  /** What the answer rests on. */
  by!: DecidedBy;
  reason!: string;
}

export function explanationView(permission: Permission, { allowed, by, reason }: AccessVerdict): ExplanationView {
  return { permission, allowed, by, reason };
}

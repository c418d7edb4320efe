import { type Role, ROLES } from '@mira/access';
import { ApiProperty } from '@nestjs/swagger';
import type { User } from '../user.entity';

/** A user as answered: nothing of the password but whether there is one. */
export class UserView {
  id!: string;
  tenant_id!: string;
  username!: string;
  email!: string | null;
  @ApiProperty({ enum: ROLES })
  role!: Role;
  active!: boolean;
  /** False: they cannot sign in by password. */
  has_password!: boolean;
  created_at!: string;
  updated_at!: string;
}

export class UserPage {
  data!: UserView[];
  next_cursor!: string | null;
}

export function userView(user: User): UserView {
  return {
    id: user.id,
    tenant_id: user.tenantId,
    username: user.username,
    email: user.email,
    role: user.role,
    active: user.active,
    has_password: user.passwordHash !== null,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

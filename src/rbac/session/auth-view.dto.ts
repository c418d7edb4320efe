import type { Permission, Role } from '@mira/access';
import { ACCESS_TOKEN_SECONDS } from './access-token';
import type { Identity } from './identity.service';
import type { Account } from './session.repository';
import type { IssuedTokens } from './session.service';

export class AccountView {
  id!: string;
  tenant_id!: string;
  username!: string;
  email!: string | null;
  role!: Role;
}

/** What a client acts with from now on. */
export class TokensView {
  /** Goes into `Authorization: Bearer`. */
  access_token!: string;
  token_type!: 'Bearer';
  /** Seconds that the access token is good for. */
  expires_in!: number;
  /** Good for 30 days and for one use: `POST auth/refresh` exchanges it for the next. */
  refresh_token!: string;
  user!: AccountView;
}

export class OwnTenantView {
  id!: string;
  name!: string;
  tier!: string;
}

export class MeView {
  user!: AccountView;
  /** The tenant that is acted in: one's own, unless an admin chose another for this request. */
  tenant!: OwnTenantView;
  /** What holds for this request: less than the role's where an API key was narrowed. */
  permissions!: Permission[];
}

export function tokensView({ accessToken, refreshToken, account }: IssuedTokens): TokensView {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    refresh_token: refreshToken,
    user: accountView(account),
  };
}

export function meView({ account, tenant, permissions }: Identity): MeView {
  const { id, name, tier } = tenant;
  return { user: accountView(account), tenant: { id, name, tier }, permissions: [...permissions] };
}

function accountView({ id, tenantId, username, email, role }: Account): AccountView {
  return { id, tenant_id: tenantId, username, email, role };
}

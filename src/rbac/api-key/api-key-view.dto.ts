import type { Permission } from '@mira/access';
import type { ApiKey } from './api-key.entity';

/** An API key as it is answered: never the key itself. */
export class ApiKeyView {
  id!: string;
  user_id!: string;
  name!: string;
  /** Null: all that its owner may do. In any case no more than that. */
  permissions!: Permission[] | null;
  expires_at!: string | null;
  /** Null: from anywhere. */
  allowed_networks!: string[] | null;
  /** To the minute. */
  last_used_at!: string | null;
  /** Until when the key from before the last rotation is still good; null where it is not. */
  previous_expires_at!: string | null;
  created_at!: string;
}

export class ApiKeyPage {
  data!: ApiKeyView[];
  next_cursor!: string | null;
}

/** The only answers that have the key in them: where it was just made. */
export class ApiKeyWithSecretView extends ApiKeyView {
  /** Shown this once. */
  key!: string;
}

export function apiKeyView(key: ApiKey): ApiKeyView {
  return {
    id: key.id,
    user_id: key.userId,
    name: key.name,
    permissions: key.permissions,
    expires_at: key.expiresAt?.toISOString() ?? null,
    allowed_networks: key.allowedNetworks,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    previous_expires_at: key.previousExpiresAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}

export function apiKeyWithSecretView(key: ApiKey, secret: string): ApiKeyWithSecretView {
  return Object.assign(apiKeyView(key), { key: secret });
}

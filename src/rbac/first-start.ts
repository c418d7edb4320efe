import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { ConfigError } from '../config/config-error';
import { MiraConfig } from '../config/mira.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { newId } from '../database/new-id';
import { UsageService } from '../enterprise/usage/usage.service';
import { Tenant } from '../tenant/tenant.entity';
import { TenantService } from '../tenant/tenant.service';
import { ApiKeyService } from './api-key/api-key.service';
import { PasswordHasher } from './password.hasher';
import { passwordFault } from './password.policy';
import { User } from './user.entity';

/** What is made once and shown once. `password` is null when it was given by configuration. */
export interface FirstCredentials {
  readonly username: string;
  readonly password: string | null;
  readonly apiKey: string;
}

/** Makes the default tenant with its admin and an API key, in a database that has no tenant yet. */
@Injectable()
export class FirstStart {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: MiraConfig,
    private readonly tenants: TenantService,
    private readonly apiKeys: ApiKeyService,
    private readonly passwords: PasswordHasher,
    private readonly usage: UsageService,
  ) {}

  /** The credentials of the first start, or null at every later one. */
  async run(): Promise<FirstCredentials | null> {
    if (await this.dataSource.manager.exists(Tenant)) return null;
    const { username, password: given } = this.config.admin;
    const fault = given === null ? null : passwordFault(given);
    if (fault) throw new ConfigError([`admin.password (MIRA_ADMIN_PASSWORD) ${fault} (it is not shown).`]);
    const password = given ?? randomBytes(18).toString('base64url');
    const passwordHash = await this.passwords.hash(password);
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.firstStart]);
      if (await manager.exists(Tenant)) return null;
      const tenant = await this.tenants.create(manager, { name: 'Default', tier: 'enterprise', isDefault: true });
      const admin = await manager.save(
        manager.create(User, {
          tenantId: tenant.id,
          id: newId(),
          username: username.normalize('NFKC'),
          email: null,
          role: 'admin',
          passwordHash,
          active: true,
        }),
      );
      const apiKey = await this.apiKeys.add(manager, { tenantId: tenant.id, userId: admin.id }, 'first start');
      await this.usage.count(manager, tenant.id, 'users_created');
      return { username, password: given ? null : password, apiKey };
    });
  }
}

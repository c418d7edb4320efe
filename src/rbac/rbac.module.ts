import { AccessLease, Authenticator } from '@mira/access';
import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenantModule } from '../tenant/tenant.module';
import { ApiKey } from './api-key.entity';
import { ApiKeyService } from './api-key.service';
import { AuthenticationGuard } from './authentication.guard';
import { CredentialAuthenticator } from './credential.authenticator';
import { FirstStart } from './first-start';
import { PasswordHasher } from './password.hasher';
import { PermissionGuard } from './permission.guard';
import { PrincipalLease } from './principal.lease';
import { RouteDeclarations } from './route-declarations';
import { User } from './user.entity';

/** Who may do what. Global, for its guards stand before every route; the order of the guards is the order here. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([User, ApiKey]), DiscoveryModule, TenantModule],
  providers: [
    ApiKeyService,
    PasswordHasher,
    FirstStart,
    RouteDeclarations,
    { provide: AccessLease, useClass: PrincipalLease },
    { provide: Authenticator, useClass: CredentialAuthenticator },
    { provide: APP_GUARD, useClass: AuthenticationGuard },
    { provide: APP_GUARD, useClass: PermissionGuard },
  ],
  exports: [AccessLease, Authenticator, FirstStart, PasswordHasher],
})
export class RbacModule {}

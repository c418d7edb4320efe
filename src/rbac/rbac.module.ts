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
import { AccountController } from './user/account.controller';
import { AccountService } from './user/account.service';
import { UserController } from './user/user.controller';
import { UserRepository } from './user/user.repository';
import { UserService } from './user/user.service';

/** Who may do what. Global, for its guards stand before every route; the order of the guards is the order here. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([User, ApiKey]), DiscoveryModule, TenantModule],
  // users/me before users/:id
  controllers: [AccountController, UserController],
  providers: [
    AccountService,
    ApiKeyService,
    PasswordHasher,
    FirstStart,
    RouteDeclarations,
    UserRepository,
    UserService,
    { provide: AccessLease, useClass: PrincipalLease },
    { provide: Authenticator, useClass: CredentialAuthenticator },
    { provide: APP_GUARD, useClass: AuthenticationGuard },
    { provide: APP_GUARD, useClass: PermissionGuard },
  ],
  exports: [AccessLease, Authenticator, FirstStart, PasswordHasher, UserService],
})
export class RbacModule {}

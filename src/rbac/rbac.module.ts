import { AccessLease, Authenticator, CrossingLog } from '@mira/access';
import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MiraConfig } from '../config/mira.config';
import { SecretCipher } from '../database/secret.cipher';
import { FeatureGuard } from '../enterprise/plan/feature.guard';
import { PlanCheck } from '../enterprise/plan/plan.check';
import { PlanModule } from '../enterprise/plan/plan.module';
import { UsageModule } from '../enterprise/usage/usage.module';
import { TenantModule } from '../tenant/tenant.module';
import { AccessController } from './access/access.controller';
import { AccessService } from './access/access.service';
import { ApiKeyController } from './api-key/api-key.controller';
import { ApiKey } from './api-key/api-key.entity';
import { ApiKeyRepository } from './api-key/api-key.repository';
import { ApiKeyService } from './api-key/api-key.service';
import { KeyUse } from './api-key/key-use';
import { FirstStart } from './first-start';
import { ApiRateLimit } from './guard/api-rate-limit';
import { ApiRateLimitGuard } from './guard/api-rate-limit.guard';
import { AuthenticationGuard } from './guard/authentication.guard';
import { CrossingLogger } from './guard/crossing.logger';
import { PermissionGuard } from './guard/permission.guard';
import { RouteDeclarations } from './guard/route-declarations';
import { TenantGuard } from './guard/tenant.guard';
import { PasswordHasher } from './password.hasher';
import { CredentialAuthenticator } from './principal/credential.authenticator';
import { PrincipalCache } from './principal/principal.cache';
import { PrincipalDirectory } from './principal/principal.directory';
import { PrincipalLease } from './principal.lease';
import { AccessTokens } from './session/access-token';
import { ACCESS_TOKEN_KEYS, accessTokenKeys } from './session/access-token.keys';
import { AuthController } from './session/auth.controller';
import { IdentityService } from './session/identity.service';
import { PasswordStrategy } from './session/password.strategy';
import { SessionRepository } from './session/session.repository';
import { SessionService } from './session/session.service';
import { SessionUpkeep } from './session/session.upkeep';
import { SignInBrake } from './session/sign-in.brake';
import { SignInGuard } from './session/sign-in.guard';
import { SignInService } from './session/sign-in.service';
import { SignOutService } from './session/sign-out.service';
import { User } from './user.entity';
import { AccountController } from './user/account.controller';
import { AccountService } from './user/account.service';
import { UserController } from './user/user.controller';
import { UserRepository } from './user/user.repository';
import { UserService } from './user/user.service';

/** Who may do what. Global, for its guards stand before every route; the order of the guards is the order here. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([User, ApiKey]), DiscoveryModule, TenantModule, PlanModule, UsageModule],
  // users/me before users/:id
  controllers: [AuthController, ApiKeyController, AccessController, AccountController, UserController],
  providers: [
    PasswordHasher,
    FirstStart,
    RouteDeclarations,

    AccountService,
    UserRepository,
    UserService,

    PrincipalCache,
    PrincipalDirectory,
    { provide: AccessLease, useClass: PrincipalLease },
    { provide: Authenticator, useClass: CredentialAuthenticator },
    AccessService,

    ApiKeyRepository,
    ApiKeyService,
    KeyUse,

    { provide: ACCESS_TOKEN_KEYS, useFactory: accessTokenKeys, inject: [MiraConfig, SecretCipher] },
    AccessTokens,
    SessionRepository,
    SessionService,
    SessionUpkeep,
    SignInBrake,
    SignInService,
    SignInGuard,
    PasswordStrategy,
    SignOutService,
    IdentityService,

    ApiRateLimit,
    { provide: CrossingLog, useClass: CrossingLogger },
    { provide: APP_GUARD, useClass: AuthenticationGuard },
    { provide: APP_GUARD, useClass: ApiRateLimitGuard },
    { provide: APP_GUARD, useClass: TenantGuard },
    { provide: APP_GUARD, useClass: PermissionGuard },
    { provide: APP_GUARD, useClass: FeatureGuard },
  ],
  exports: [
    AccessLease,
    AccessService,
    Authenticator,
    CrossingLog,
    FirstStart,
    PasswordHasher,
    SessionService,
    UserService,
  ],
})
export class RbacModule implements OnModuleInit {
  constructor(
    private readonly access: AccessService,
    private readonly plan: PlanCheck,
  ) {}

  onModuleInit(): void {
    this.access.register(this.plan);
  }
}

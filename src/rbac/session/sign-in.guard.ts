import { createValidationPipe, problems } from '@mira/problem';
import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Request } from 'express';
import { SignInDto } from './auth.dto';
import { PasswordStrategy } from './password.strategy';
import type { ProvenUser } from './proven-user';

const proven = new WeakMap<object, ProvenUser>();

/** Lets in whose password is right. The fields are looked at first: passport takes whatever it finds for a name. */
@Injectable()
export class SignInGuard extends AuthGuard() {
  private readonly fields = createValidationPipe();

  constructor(strategy: PasswordStrategy) {
    super({ defaultStrategy: strategy.registeredAs });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    await this.fields.transform(request.body, { type: 'body', metatype: SignInDto });
    return Boolean(await super.canActivate(context));
  }

  override handleRequest<User>(error: unknown, user: User | false, _info: unknown, context: ExecutionContext): User {
    if (error instanceof Error) throw error;
    if (user === false || !isProvenUser(user)) throw problems.unauthorized('The username or the password is wrong.');
    proven.set(context.switchToHttp().getRequest<Request>(), user);
    return user;
  }
}

/** Hands a route behind the {@link SignInGuard} whose password it was. */
export const Proven = createParamDecorator((_data: unknown, context: ExecutionContext): ProvenUser => {
  const user = proven.get(context.switchToHttp().getRequest<Request>());
  if (!user) throw new Error('nobody proved a password for this request');
  return user;
});

function isProvenUser(user: unknown): user is ProvenUser {
  return typeof user === 'object' && user !== null && 'tenantId' in user && 'passwordHash' in user;
}

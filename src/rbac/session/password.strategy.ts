import { originOf } from '@mira/access';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { newId } from '../../database/new-id';
import { clientOfAddress } from '../client-address';
import type { ProvenUser } from './proven-user';
import { SignInService } from './sign-in.service';

/** Passport's way to a username and a password. */
@Injectable()
export class PasswordStrategy extends PassportStrategy(Strategy) implements OnModuleDestroy {
  /**
   * Passport keeps strategies by name for the whole process, so under a common name the last Mira made in it would
   * answer for all. Handed over as an object instead, one would be shared by all requests and mix up their answers.
   */
  readonly registeredAs = `password ${newId()}`;

  constructor(private readonly signIn: SignInService) {
    super({ passReqToCallback: true, session: false });
    passport.use(this.registeredAs, this);
  }

  async validate(request: Request, username: string, password: string): Promise<ProvenUser> {
    return this.signIn.prove({ username, password, address: clientOfAddress(request.ip), origin: originOf(request) });
  }

  onModuleDestroy(): void {
    passport.unuse(this.registeredAs);
  }

  /** Where the base class registers it under its common name: nowhere. */
  getPassportInstance(): InstanceType<typeof passport.Passport> {
    return new passport.Passport();
  }
}

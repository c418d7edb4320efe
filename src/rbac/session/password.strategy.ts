import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { Passport } from 'passport';
import { Strategy } from 'passport-local';
import { clientOfAddress } from '../client-address';
import { type ProvenUser, SignInService } from './sign-in.service';

/** Passport's way to a username and a password. */
@Injectable()
export class PasswordStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly signIn: SignInService) {
    super({ passReqToCallback: true, session: false });
  }

  async validate(request: Request, username: string, password: string): Promise<ProvenUser> {
    return this.signIn.prove(username, password, clientOfAddress(request.ip));
  }

  /** A passport of its own: the common one would hand a second Mira's sign-ins of this process to the last one made. */
  getPassportInstance(): InstanceType<typeof Passport> {
    return new Passport();
  }
}

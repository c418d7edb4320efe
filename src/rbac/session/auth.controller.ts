import { CurrentPrincipal, FromWhere, type Origin, type Principal, Public, SignedIn } from '@mira/access';
import { Body, Controller, Get, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RefreshDto, SignInDto } from './auth.dto';
import { type MeView, meView, type TokensView, tokensView } from './auth-view.dto';
import { IdentityService } from './identity.service';
import { SessionService } from './session.service';
import { SignInGuard, Proven } from './sign-in.guard';
import type { ProvenUser } from './proven-user';
import { SignOutService } from './sign-out.service';

@ApiTags('auth')
@Controller('api/v1/auth')
export class AuthController {
  constructor(
    private readonly sessions: SessionService,
    private readonly signOut: SignOutService,
    private readonly identities: IdentityService,
  ) {}

  /** Signs in with a username and a password. */
  @Post('login')
  @Public('whoever signs in has no credential yet')
  @ApiOperation({ security: [] })
  @ApiBody({ type: SignInDto })
  @UseGuards(SignInGuard)
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async login(@Proven() user: ProvenUser, @FromWhere() origin: Origin): Promise<TokensView> {
    return tokensView(await this.sessions.begin(user, origin));
  }

  /** Exchanges a refresh token for a new pair. The one that was sent is used up. */
  @Post('refresh')
  @Public('the refresh token is the credential')
  @ApiOperation({ security: [] })
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async refresh(@Body() { refresh_token }: RefreshDto, @FromWhere() origin: Origin): Promise<TokensView> {
    return tokensView(await this.sessions.refresh(refresh_token, origin));
  }

  /** Signs out of this session: its tokens are of no more use. */
  @Post('logout')
  @SignedIn()
  @HttpCode(204)
  logout(@CurrentPrincipal() who: Principal): Promise<void> {
    return this.signOut.here(who);
  }

  /** Signs out everywhere. API keys stay. */
  @Post('logout-all')
  @SignedIn()
  @HttpCode(204)
  logoutAll(@CurrentPrincipal() who: Principal): Promise<void> {
    return this.signOut.everywhere(who);
  }

  /** Who one is, where, and what one may do. */
  @Get('me')
  @SignedIn()
  async me(@CurrentPrincipal() who: Principal): Promise<MeView> {
    return meView(await this.identities.of(who));
  }
}

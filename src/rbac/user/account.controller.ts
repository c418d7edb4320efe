import { CurrentPrincipal, type Principal, SignedIn } from '@mira/access';
import { Body, Controller, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AccountService } from './account.service';
import { ChangePasswordDto, UpdateMeDto } from './user.dto';
import { UserView, userView } from './user-view.dto';

@ApiTags('users')
@Controller('api/v1/users/me')
export class AccountController {
  constructor(private readonly account: AccountService) {}

  /** Whoever calls. */
  @Get()
  @SignedIn()
  async get(@CurrentPrincipal() who: Principal): Promise<UserView> {
    return userView(await this.account.me(who));
  }

  /** One's own name and address; the rest is for others to change. */
  @Patch()
  @SignedIn()
  async update(@CurrentPrincipal() who: Principal, @Body() changes: UpdateMeDto): Promise<UserView> {
    return userView(await this.account.update(who, changes));
  }

  /** Changes one's own password, for those who know the old one. Not for API keys. */
  @Post('password')
  @HttpCode(204)
  @SignedIn()
  async changePassword(@CurrentPrincipal() who: Principal, @Body() wanted: ChangePasswordDto): Promise<void> {
    await this.account.changePassword(who, wanted);
  }
}

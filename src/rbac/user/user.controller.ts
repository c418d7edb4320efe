import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { ApiProblem } from '@mira/problem';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CreateUserDto, UpdateUserDto } from './user.dto';
import { UserService } from './user.service';
import { UserPage, UserView, userView } from './user-view.dto';

@ApiTags('users')
@Controller('api/v1/users')
export class UserController {
  constructor(private readonly users: UserService) {}

  /** Newest first. */
  @Get()
  @Allow('user:read')
  async list(@CurrentPrincipal() who: Principal, @Query() page: PageQuery): Promise<UserPage> {
    const { data, next_cursor } = await this.users.list(who.tenantId, page);
    return { data: data.map(userView), next_cursor };
  }

  /** Adds a person to the tenant, with a role that is not above one's own. */
  @Post()
  @Allow('user:create')
  @ApiProblem(402, 'The plan has no room for one more.')
  async create(@CurrentPrincipal() who: Principal, @Body() wanted: CreateUserDto): Promise<UserView> {
    return userView(await this.users.add(who, wanted));
  }

  @Get(':id')
  @Allow('user:read')
  async get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<UserView> {
    return userView(await this.users.get(who.tenantId, id));
  }

  @Patch(':id')
  @Allow('user:update')
  async update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() changes: UpdateUserDto,
  ): Promise<UserView> {
    return userView(await this.users.update(who, id, changes));
  }

  /** Takes a person away, with their API keys. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('user:delete')
  async delete(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.users.delete(who, id);
  }
}

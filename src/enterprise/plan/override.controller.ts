import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PutOverrideDto, TierPreviewQuery } from './override.dto';
import { OverrideService } from './override.service';
import { OverridePage, OverrideView, overrideView, TierPreviewView } from './plan-view.dto';
import { TierPreview } from './tier.preview';

@ApiTags('plans')
@Controller('api/v1/tenants/:id')
export class OverrideController {
  constructor(
    private readonly overrides: OverrideService,
    private readonly preview: TierPreview,
  ) {}

  /** What the tenant would have, lose, and have too many of in another tier. */
  @Get('tier-preview')
  @Allow('tenant:update')
  previewTier(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { tier }: TierPreviewQuery,
  ): Promise<TierPreviewView> {
    return this.preview.of(who, id, tier);
  }

  /** What was agreed with the tenant besides its tier. */
  @Get('overrides')
  @Allow('tenant:update')
  async list(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<OverridePage> {
    return { data: (await this.overrides.list(who, id)).map(overrideView), next_cursor: null };
  }

  /** Agrees on a limit or a feature, by its name. It holds at once. */
  @Put('overrides/:name')
  @Allow('tenant:update')
  async put(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Param('name') name: string,
    @Body() wanted: PutOverrideDto,
  ): Promise<OverrideView> {
    return overrideView(await this.overrides.put(who, id, name, wanted));
  }

  /** The tier's own holds again. */
  @Delete('overrides/:name')
  @HttpCode(204)
  @Allow('tenant:update')
  async delete(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Param('name') name: string,
  ): Promise<void> {
    await this.overrides.delete(who, id, name);
  }
}

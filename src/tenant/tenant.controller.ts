import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { Body, Controller, Delete, Get, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TenantDeletion } from './tenant.deletion';
import { CreateTenantDto, DeleteTenantQuery, UpdateTenantDto } from './tenant.dto';
import { TenantService } from './tenant.service';
import { DeletionPreview, DeletionView, TenantPage, TenantView, tenantView } from './tenant-view.dto';

@ApiTags('tenants')
@Controller('api/v1/tenants')
export class TenantController {
  constructor(
    private readonly tenants: TenantService,
    private readonly deletion: TenantDeletion,
  ) {}

  /** Newest first: every tenant for an admin, one's own for everybody else. */
  @Get()
  @Allow('tenant:read')
  async list(@CurrentPrincipal() who: Principal, @Query() page: PageQuery): Promise<TenantPage> {
    const { data, next_cursor } = await this.tenants.list(who, page);
    return { data: data.map(tenantView), next_cursor };
  }

  @Post()
  @Allow('tenant:create')
  async create(@CurrentPrincipal() who: Principal, @Body() wanted: CreateTenantDto): Promise<TenantView> {
    return tenantView(await this.tenants.add(who, wanted));
  }

  @Get(':id')
  @Allow('tenant:read')
  async get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<TenantView> {
    return tenantView(await this.tenants.get(who, id));
  }

  @Patch(':id')
  @Allow('tenant:update')
  async update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() changes: UpdateTenantDto,
  ): Promise<TenantView> {
    return tenantView(await this.tenants.update(who, id, changes));
  }

  /** What the deletion of the tenant would take. */
  @Get(':id/deletion')
  @Allow('tenant:delete')
  previewDeletion(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<DeletionPreview> {
    return this.deletion.preview(who, id);
  }

  /** Deletes the tenant with all that is its own. Where it has events, `confirm` must be its exact name. */
  @Delete(':id')
  @Allow('tenant:delete')
  delete(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { confirm }: DeleteTenantQuery,
  ): Promise<DeletionView> {
    return this.deletion.delete(who, id, confirm);
  }
}

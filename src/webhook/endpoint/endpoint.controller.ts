import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { RequireFeature } from '../../enterprise/plan/require-feature.decorator';
import { EndpointPage, EndpointSecretView, EndpointView, endpointView } from './endpoint-view.dto';
import { CreateEndpointDto, RotateSecretDto, UpdateEndpointDto } from './endpoint.dto';
import { EndpointService, type EndpointWithSecret } from './endpoint.service';
import { PublicAddress } from './public-address';

@ApiTags('webhook-endpoints')
@Controller('api/v1/webhook-endpoints')
export class EndpointController {
  constructor(
    private readonly endpoints: EndpointService,
    private readonly address: PublicAddress,
  ) {}

  /** Newest first. */
  @Get()
  @Allow('webhook:read')
  async list(
    @CurrentPrincipal() who: Principal,
    @Query() page: PageQuery,
    @Req() request: Request,
  ): Promise<EndpointPage> {
    const { data, next_cursor } = await this.endpoints.list(who.tenantId, page);
    const base = this.address.seenFrom(request);
    return { data: data.map((endpoint) => endpointView(endpoint, base)), next_cursor };
  }

  /** The answer shows the secret, this once. */
  @Post()
  @Allow('webhook:configure')
  @RequireFeature('webhook_support')
  async create(
    @CurrentPrincipal() who: Principal,
    @Body() wanted: CreateEndpointDto,
    @Req() request: Request,
  ): Promise<EndpointSecretView> {
    return this.withSecret(await this.endpoints.create(who, wanted), request);
  }

  @Get(':id')
  @Allow('webhook:read')
  async get(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Req() request: Request,
  ): Promise<EndpointView> {
    return endpointView(await this.endpoints.get(who.tenantId, id), this.address.seenFrom(request));
  }

  @Patch(':id')
  @Allow('webhook:configure')
  async update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() changes: UpdateEndpointDto,
    @Req() request: Request,
  ): Promise<EndpointView> {
    return endpointView(await this.endpoints.update(who, id, changes), this.address.seenFrom(request));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('webhook:configure')
  async delete(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.endpoints.delete(who, id);
  }

  /** Sets a new secret, which the answer shows this once; the old one is taken for a while yet. */
  @Post(':id/rotate-secret')
  @HttpCode(200)
  @Allow('webhook:configure')
  async rotateSecret(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() wanted: RotateSecretDto,
    @Req() request: Request,
  ): Promise<EndpointSecretView> {
    return this.withSecret(await this.endpoints.rotateSecret(who, id, wanted), request);
  }

  private withSecret({ endpoint, secret }: EndpointWithSecret, request: Request): EndpointSecretView {
    return Object.assign(endpointView(endpoint, this.address.seenFrom(request)), { secret });
  }
}

import { CurrentPrincipal, type Principal, SignedIn } from '@mira/access';
import { Body, Controller, Delete, Get, Header, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  ApiKeyPage,
  type ApiKeyView,
  apiKeyView,
  type ApiKeyWithSecretView,
  apiKeyWithSecretView,
} from './api-key-view.dto';
import { CreateApiKeyDto, ListApiKeysQuery, RotateApiKeyDto } from './api-key.dto';
import { ApiKeyService } from './api-key.service';

/** Everybody's own keys; those of others need `user:update`, which depends on the key and is seen to by the service. */
@ApiTags('api-keys')
@Controller('api/v1/api-keys')
@SignedIn()
export class ApiKeyController {
  constructor(private readonly keys: ApiKeyService) {}

  /** Newest first. Others' keys are among them for those with `user:update`. */
  @Get()
  async list(@CurrentPrincipal() who: Principal, @Query() query: ListApiKeysQuery): Promise<ApiKeyPage> {
    const { data, next_cursor } = await this.keys.list(who, query);
    return { data: data.map(apiKeyView), next_cursor };
  }

  /** Makes a key. The answer shows it, this once. */
  @Post()
  @Header('Cache-Control', 'no-store')
  async create(@CurrentPrincipal() who: Principal, @Body() wanted: CreateApiKeyDto): Promise<ApiKeyWithSecretView> {
    const { key, secret } = await this.keys.create(who, wanted);
    return apiKeyWithSecretView(key, secret);
  }

  @Get(':id')
  async get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<ApiKeyView> {
    return apiKeyView(await this.keys.get(who, id));
  }

  /** Makes another key in its place, which the answer shows this once; the old one is taken for the grace yet. */
  @Post(':id/rotate')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async rotate(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() wanted: RotateApiKeyDto,
  ): Promise<ApiKeyWithSecretView> {
    const { key, secret } = await this.keys.rotate(who, id, wanted);
    return apiKeyWithSecretView(key, secret);
  }

  /** The key is of no use from the answer on. */
  @Delete(':id')
  @HttpCode(204)
  remove(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.keys.remove(who, id);
  }
}

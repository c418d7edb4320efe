import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { ApiProblem } from '@mira/problem';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { HttpTestView } from './http/http-test-view.dto';
import { IntegrationTester } from './integration.tester';
import { ConnectionTestView } from './n8n-view.dto';
import { CreateIntegrationDto, RotateSigningSecretDto, UpdateIntegrationDto } from './integration.dto';
import { IntegrationService } from './integration.service';
import { IntegrationPage, IntegrationView, IntegrationWithSecretView } from './integration-view.dto';

@ApiTags('integrations')
@ApiExtraModels(ConnectionTestView, HttpTestView)
@Controller('api/v1/integrations')
export class IntegrationController {
  constructor(
    private readonly integrations: IntegrationService,
    private readonly tester: IntegrationTester,
  ) {}

  /** Newest first. */
  @Get()
  @Allow('integration:read')
  list(@CurrentPrincipal() who: Principal, @Query() page: PageQuery): Promise<IntegrationPage> {
    return this.integrations.list(who.tenantId, page);
  }

  /** Connects an n8n, or a receiver of any make. The answer has the secret that Mira signs with, this once. */
  @Post()
  @Allow('integration:create')
  @ApiProblem(402, 'The plan has no room for one more.')
  @ApiProblem(403, 'This needs integration:create, and a feature of the plan for the kind, and for headers.')
  create(@CurrentPrincipal() who: Principal, @Body() body: CreateIntegrationDto): Promise<IntegrationWithSecretView> {
    return this.integrations.create(who, body);
  }

  @Get(':id')
  @Allow('integration:read')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<IntegrationView> {
    return this.integrations.get(who.tenantId, id);
  }

  @Patch(':id')
  @Allow('integration:update')
  update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: UpdateIntegrationDto,
  ): Promise<IntegrationView> {
    return this.integrations.update(who, id, body);
  }

  /** Disconnects it, unless routes lead there. */
  @Delete(':id')
  @Allow('integration:delete')
  @HttpCode(204)
  remove(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.integrations.remove(who, id);
  }

  /**
   * Tries it. An n8n is asked whether it is reachable and ready, for its version, what the API key may do, and for the
   * time; a receiver is sent a signed event of type `webhook.test`.
   */
  @Post(':id/test')
  @Allow('integration:update')
  @HttpCode(200)
  @ApiOkResponse({
    schema: { oneOf: [ConnectionTestView, HttpTestView].map((view) => ({ $ref: getSchemaPath(view) })) },
  })
  test(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<ConnectionTestView | HttpTestView> {
    return this.tester.test(who.tenantId, id);
  }

  /** Makes another secret to sign with. The one before signs too until its grace is over, a day if not given. */
  @Post(':id/rotate-signing-secret')
  @Allow('integration:update')
  @HttpCode(200)
  rotateSigningSecret(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() wanted: RotateSigningSecretDto,
  ): Promise<IntegrationWithSecretView> {
    return this.integrations.rotateSigningSecret(who, id, wanted);
  }
}

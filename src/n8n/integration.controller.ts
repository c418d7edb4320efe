import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { ApiProblem } from '@mira/problem';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CreateIntegrationDto, RotateSigningSecretDto, UpdateIntegrationDto } from './integration.dto';
import { ConnectedIntegrationView, type IntegrationTestView, TEST_SCHEMAS } from './integration-test-view.dto';
import { IntegrationTester } from './integration.tester';
import { IntegrationService } from './integration.service';
import { IntegrationPage, IntegrationView, IntegrationWithSecretView } from './integration-view.dto';

@ApiTags('integrations')
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

  /** Connects it and tests it. It is kept whatever the test finds. The secret is shown this once. */
  @Post('connect')
  @Allow('integration:create')
  @ApiProblem(402, 'The plan has no room for one more.')
  @ApiProblem(403, 'This needs integration:create, and a feature of the plan for the kind, and for headers.')
  connect(@CurrentPrincipal() who: Principal, @Body() body: CreateIntegrationDto): Promise<ConnectedIntegrationView> {
    return this.tester.connect(who, body);
  }

  /**
   * Of an n8n: whether it can be worked with (reachable, ready, version, API key and scopes, clock), and what to change.
   * Of a receiver: sends it a signed event of type `webhook.test`, and reports its answer.
   */
  @Post(':id/test')
  @Allow('integration:update')
  @HttpCode(200)
  @ApiOkResponse({ schema: { oneOf: TEST_SCHEMAS } })
  test(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<IntegrationTestView> {
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

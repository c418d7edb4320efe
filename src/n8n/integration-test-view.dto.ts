import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { HttpTestView } from './http/http-test-view.dto';
import { HttpConfigView, IntegrationWithSecretView, N8nConfigView } from './integration-view.dto';
import { ConnectionTestView } from './n8n-view.dto';

/** What a test of an integration found: of an n8n, or of a receiver of any make. */
export type IntegrationTestView = ConnectionTestView | HttpTestView;

export const TEST_SCHEMAS = [{ $ref: getSchemaPath(ConnectionTestView) }, { $ref: getSchemaPath(HttpTestView) }];

/** An integration that was just connected, with what a first test found. */
@ApiExtraModels(ConnectionTestView, HttpTestView, N8nConfigView, HttpConfigView)
export class ConnectedIntegrationView extends IntegrationWithSecretView {
  @ApiProperty({ oneOf: TEST_SCHEMAS })
  test!: IntegrationTestView;
}

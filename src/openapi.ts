import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { version } from '../package.json';
import { describeAnswers, operationId } from './openapi-answers';

/** The description of the REST interface at /docs/openapi.json, and a page to read it at /docs. */
export function publishOpenApi(app: NestExpressApplication): void {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Mira')
    .setDescription('A multi-tenant webhook gateway for teams that run n8n.')
    .setVersion(version)
    .addSecurity('bearer', {
      type: 'http',
      scheme: 'bearer',
      description: 'An access token of `POST /api/v1/auth/login`, or an API key',
    })
    .addSecurity('api-key', { type: 'apiKey', in: 'header', name: 'X-API-Key' })
    .addSecurity('secret-key', {
      type: 'apiKey',
      in: 'header',
      name: 'X-Hub-Signature-256',
      description: '`sha256=` and the lower-case hex HMAC-SHA256 of the body, by `webhook.secret_key`',
    })
    .build();
  const document = () =>
    describeAnswers(app, SwaggerModule.createDocument(app, about, { operationIdFactory: operationId }));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs/openapi.json',
    customSiteTitle: 'Mira API',
  });
}

import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CurrentPrincipal, permissionsOfRole, setPrincipal, type Principal } from './index';

@Controller()
class WhoController {
  @Get('who')
  who(@CurrentPrincipal() who: Principal): object {
    return { tenant_id: who.tenantId, role: who.role };
  }
}

@Module({ controllers: [WhoController] })
class WhoModule {}

describe('@CurrentPrincipal()', () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create(WhoModule, { logger: false });
    app.use((request: { headers: Record<string, string | undefined> }, _response: unknown, next: () => void) => {
      if (request.headers['x-test-sign-in']) {
        setPrincipal(request, {
          tenantId: 'acme',
          userId: 'ada',
          apiKeyId: null,
          role: 'manager',
          permissions: permissionsOfRole('manager'),
        });
      }
      next();
    });
    await app.listen(0, '127.0.0.1');
    url = `${await app.getUrl()}/who`;
  });

  afterAll(() => app.close());

  it('hands the method the principal of its own request', async () => {
    const response = await fetch(url, { headers: { 'x-test-sign-in': 'yes' } });

    expect(await response.json()).toEqual({ tenant_id: 'acme', role: 'manager' });
  });

  it('fails, and does not hand over nobody, where no credential was verified', async () => {
    expect((await fetch(url)).status).toBe(500);
  });
});

import { setPrincipal } from '@mira/access';
import { problems } from '@mira/problem';
import type { ExecutionContext } from '@nestjs/common';
import { aPrincipal } from '../../../test/support/principals';
import { FeatureGuard } from './feature.guard';
import type { FeatureService } from './feature.service';
import { RequireFeature, requiredFeature } from './require-feature.decorator';

@RequireFeature('audit_logging')
class Audit {
  list(): void {}

  @RequireFeature('advanced_analytics')
  analyse(): void {}
}

class Open {
  list(): void {}
}

function aCall(controller: new () => object, method: string, request = {}): ExecutionContext {
  const handler: unknown = Reflect.get(controller.prototype as object, method);
  return {
    getHandler: () => handler,
    getClass: () => controller,
    switchToHttp: () => ({ getRequest: () => request }),
  } as unknown as ExecutionContext;
}

describe('the guard of features', () => {
  const asked: unknown[] = [];
  const features = {
    require: async (tenantId: string, feature: string) => {
      asked.push([tenantId, feature]);
      if (feature === 'advanced_analytics') {
        throw problems.featureNotInPlan({ feature, tier: 'basic', neededTier: 'enterprise' });
      }
      return Promise.resolve();
    },
  } as unknown as FeatureService;
  const sut = new FeatureGuard(features);

  it('asks for what the method declares, else its class', async () => {
    const who = aPrincipal('admin');
    const request = {};
    setPrincipal(request, who);
    expect(await sut.canActivate(aCall(Audit, 'list', request))).toBe(true);
    await expect(sut.canActivate(aCall(Audit, 'analyse', request))).rejects.toMatchObject({ status: 403 });
    expect(asked).toEqual([
      [who.tenantId, 'audit_logging'],
      [who.tenantId, 'advanced_analytics'],
    ]);
  });

  it('lets a route pass at once that declares none', () => {
    expect(sut.canActivate(aCall(Open, 'list'))).toBe(true);
    expect(requiredFeature(Open.prototype.list, Open)).toBeUndefined();
  });

  it('lets nobody unknown have a feature', () => {
    expect(sut.canActivate(aCall(Audit, 'list'))).toBe(false);
  });
});

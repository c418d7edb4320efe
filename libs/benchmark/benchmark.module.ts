import { Module, type DynamicModule } from '@nestjs/common';
import { BenchmarkRegistry } from './benchmark-registry';
import { BenchmarkInterceptor } from './benchmark.interceptor';
import { defaultRegistry } from './default-registry';

/** Makes the registry and the interceptor injectable everywhere: the process's registry unless another is given. */
@Module({})
export class BenchmarkModule {
  static forRoot(registry: BenchmarkRegistry = defaultRegistry): DynamicModule {
    return {
      module: BenchmarkModule,
      global: true,
      providers: [{ provide: BenchmarkRegistry, useValue: registry }, BenchmarkInterceptor],
      exports: [BenchmarkRegistry, BenchmarkInterceptor],
    };
  }
}

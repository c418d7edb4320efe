import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { finished, type Writable } from 'node:stream';
import { finalize, tap, type Observable } from 'rxjs';
import { BenchmarkRegistry } from './benchmark-registry';
import { PerformanceBenchmark } from './performance-benchmark';

/** What is read of a request, of Express or of Fastify. */
interface RoutedRequest {
  readonly method: string;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

/**
 * Measures routes, each as `METHOD /route/:pattern`; never by the address that was asked for, since there is no end
 * of those. The time runs until the last byte of the answer is handed over, so a stream's is that of all of it. What
 * throws, or is cut off before its end, is counted as an error.
 *
 * What does not come over HTTP is measured as `Class.handler`, until its last value.
 */
@Injectable()
export class BenchmarkInterceptor implements NestInterceptor {
  constructor(private readonly registry: BenchmarkRegistry) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const benchmark = new PerformanceBenchmark(nameOf(context), this.registry);
    const handled = next.handle().pipe(tap({ error: () => benchmark.fail() }));
    if (context.getType() !== 'http') return handled.pipe(finalize(() => benchmark.stop()));
    finished(responseOf(context), (cutOff) => {
      if (cutOff) benchmark.fail();
      benchmark.stop();
    });
    return handled;
  }
}

function nameOf(context: ExecutionContext): string {
  if (context.getType() === 'http') {
    const request = context.switchToHttp().getRequest<RoutedRequest>();
    const pattern = request.route?.path ?? request.routeOptions?.url;
    if (typeof pattern === 'string') return `${request.method} ${pattern}`;
  }
  return `${context.getClass().name}.${context.getHandler().name}`;
}

/** Node's response, which Fastify wraps. */
function responseOf(context: ExecutionContext): Writable {
  const response = context.switchToHttp().getResponse<Writable & { readonly raw?: Writable }>();
  return response.raw ?? response;
}

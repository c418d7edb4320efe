import { Injectable, type OnModuleDestroy } from '@nestjs/common';

export type ReadinessState = 'starting' | 'ready' | 'draining';

/** Whether this process wants requests. A load balancer is told before the door closes, and only after it is open. */
@Injectable()
export class Readiness implements OnModuleDestroy {
  private current: ReadinessState = 'starting';

  get state(): ReadinessState {
    return this.current;
  }

  open(): void {
    this.current = 'ready';
  }

  /** For good: what is under way is finished, and nothing else is begun. */
  drain(): void {
    this.current = 'draining';
  }

  onModuleDestroy(): void {
    this.drain();
  }
}

import { Injectable, type OnModuleDestroy } from '@nestjs/common';

export type ReadinessState = 'starting' | 'ready' | 'draining';

/** Whether this process wants requests. A load balancer is told before the door closes, and only after it is open. */
@Injectable()
export class Readiness implements OnModuleDestroy {
  private current: ReadinessState = 'starting';
  private closed = false;

  get state(): ReadinessState {
    return this.current;
  }

  open(): void {
    this.current = 'ready';
  }

  /** Whether what comes all the same is refused. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** It is to end soon. What comes is still served: whoever sends requests here needs a moment to hear of it. */
  leave(): void {
    this.current = 'draining';
  }

  /** For good: what is under way is finished, and nothing else is begun. */
  drain(): void {
    this.leave();
    this.closed = true;
  }

  onModuleDestroy(): void {
    this.drain();
  }
}

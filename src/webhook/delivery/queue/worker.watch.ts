import { Inject, Injectable } from '@nestjs/common';
import { Upkeep } from '../../../database/upkeep';
import { DeliveryWorker } from './delivery.worker';

/** Longer than all that a worker waits for between two looks, each of which has an end of its own. */
const STILL_MS = 60_000;
/** A process that was halted sees a long pause when it goes on, which was not its worker's; a still one stays so. */
const TIMES = 3;

/**
 * Sees whether the worker still looks for work. One that does not is a fault of the program, and no wait mends it: the
 * process had better end and be started anew, and what it had under way is given to others.
 */
@Injectable()
export class WorkerWatch extends Upkeep {
  protected readonly everyMs = 10_000;
  private times = 0;
  private tell: (error: Error) => void = () => undefined;

  constructor(@Inject(DeliveryWorker) private readonly worker: Pick<DeliveryWorker, 'state'>) {
    super();
  }

  /** Who is told, and ends the program. */
  onStandstill(tell: (error: Error) => void): void {
    this.tell = tell;
  }

  protected async run(): Promise<void> {
    const { running, idleMs } = this.worker.state;
    this.times = running && idleMs > STILL_MS ? this.times + 1 : 0;
    if (this.times < TIMES) return;
    this.times = 0;
    const seconds = Math.round(idleMs / 1_000);
    this.tell(new Error(`The worker has stood still for ${seconds} s`));
  }
}

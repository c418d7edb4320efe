import { Injectable } from '@nestjs/common';

/** As many senders as this, waiting for their answer at one time, are a load; a few are a trickle. */
const BUSY = 16;
/** A load comes in waves, a commit apart: for so long after the last one it is not over. */
const LINGERS_MS = 250;

/**
 * How many senders wait for their answer in this process. A process that receives and delivers answers first: while
 * it is busy receiving, its worker holds back, since what is stored can wait and a sender cannot.
 */
@Injectable()
export class IngestPressure {
  private waiting = 0;
  private lastBusyAt = -Infinity;

  get high(): boolean {
    return performance.now() - this.lastBusyAt < LINGERS_MS;
  }

  /** Counts a sender for as long as `answer` is on its way. */
  async during<T>(answer: Promise<T>): Promise<T> {
    if (++this.waiting >= BUSY) this.lastBusyAt = performance.now();
    try {
      return await answer;
    } finally {
      this.waiting--;
    }
  }
}

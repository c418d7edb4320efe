import { Injectable } from '@nestjs/common';

/** As many senders as this, waiting for their answer at one time, are a load; a few are a trickle. */
const BUSY = 16;

/**
 * How many senders wait for their answer in this process. A process that receives and delivers answers first: while
 * it is busy receiving, its worker holds back, since what is stored can wait and a sender cannot.
 */
@Injectable()
export class IngestPressure {
  private waiting = 0;

  get high(): boolean {
    return this.waiting >= BUSY;
  }

  /** Counts a sender for as long as `answer` is on its way. */
  async during<T>(answer: Promise<T>): Promise<T> {
    this.waiting++;
    try {
      return await answer;
    } finally {
      this.waiting--;
    }
  }
}

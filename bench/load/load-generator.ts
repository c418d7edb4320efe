import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { endChild, firstMessage } from '../support/service-process.ts';
import type { LoadAnswer, LoadOrder, LoadResult } from './load-order.ts';

const FILE = join(import.meta.dirname, 'load.process.ts');

/** autocannon in a process of its own, which lives through all rounds so that it is warm in each of them. */
export class LoadGenerator {
  private readonly child: ChildProcess = fork(FILE);

  /** One round. Throws unless every answer was the right one. */
  async run(order: LoadOrder): Promise<LoadResult> {
    this.child.send(order);
    const answer = (await firstMessage(this.child, 'the load generator')) as LoadAnswer;
    if (answer.kind === 'failed') throw new Error(`${order.url}: ${answer.reason}`);
    return answer.result;
  }

  async stop(): Promise<void> {
    await endChild(this.child);
  }
}

import { OutboundClient, type OutboundResult } from '@mira/outbound';
import { describeError } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../../config/mira.config';
import { Upkeep } from '../../../database/upkeep';
import { isStartingUp } from '../../../n8n/n8n.answer';
import { USER_AGENT } from '../../../n8n/user-agent';
import { DeliveryQueue } from '../queue/delivery.queue';
import { type DueHold, HoldProbes } from './hold.probes';
import { HoldRecorder } from './hold.recorder';
import { HoldReleaser } from './hold.releaser';

const READINESS_TIMEOUT_MS = 5_000;

/**
 * Finds out when holds are over, in every process that delivers: asks n8n whether it is ready, lets one delivery go to
 * see, and when that went well, all the others. What is to be done is in the database, so that a process that dies
 * here leaves nothing undone.
 */
@Injectable()
export class HoldKeeper extends Upkeep {
  protected readonly everyMs = 500;
  private readonly probing = new Set<Promise<void>>();
  private isRunning = false;
  private isWanted = false;

  constructor(
    private readonly config: MiraConfig,
    private readonly probes: HoldProbes,
    private readonly recorder: HoldRecorder,
    private readonly releaser: HoldReleaser,
    private readonly queue: DeliveryQueue,
    private readonly outbound: OutboundClient,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    if (this.config.role !== 'api') super.onApplicationBootstrap();
  }

  /** Looks at once: a probe came through. */
  wake(): void {
    void this.tryToRun();
  }

  /** One look at a time; who comes meanwhile has it look once more. */
  protected async run(): Promise<void> {
    this.isWanted = true;
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      while (this.isWanted) {
        this.isWanted = false;
        for (const hold of await this.probes.claim()) this.begin(hold);
        if ((await this.releaser.release()) > 0) this.isWanted = true;
      }
    } finally {
      this.isRunning = false;
    }
  }

  /** Not waited for: an n8n that hangs must not keep the others from being asked. */
  private begin(hold: DueHold): void {
    const probe = this.probe(hold)
      .catch((error: unknown) => this.logger.warn({ msg: 'a hold could not be probed', err: describeError(error) }))
      .finally(() => this.probing.delete(probe));
    this.probing.add(probe);
  }

  private async probe(hold: DueHold): Promise<void> {
    const trouble = hold.base_url === null ? null : await this.troubleOf(hold.base_url);
    if (trouble !== null) return this.probes.putOff(hold, trouble);
    switch (await this.probes.letOneGo(hold)) {
      case 'sent':
        this.queue.wake();
        return;
      case 'gone':
        return;
      case 'blocked':
        return this.probes.putOff(hold, null);
      case 'over':
        this.recorder.announce({ begun: [], ended: [hold] });
        this.wake();
    }
  }

  /** What n8n says of its readiness, where that is not good; null where it is ready, or cannot be asked. */
  private async troubleOf(baseUrl: string): Promise<string | null> {
    const answer = await this.outbound.send({
      method: 'GET',
      url: `${baseUrl}/healthz/readiness`,
      headers: { 'user-agent': USER_AGENT, accept: 'application/json' },
      timeoutMs: Math.min(READINESS_TIMEOUT_MS, this.config.delivery.timeout_ms),
    });
    return troubleIn(answer);
  }
}

/** Older versions and some proxies have no such address: then only a delivery can tell. */
export function troubleIn(answer: OutboundResult): string | null {
  if (answer.kind === 'refused_address') return null;
  if (answer.kind !== 'response') return `n8n cannot be reached. ${answer.detail}`;
  if (isStartingUp(answer.status, answer.body.toString('utf8'))) return 'n8n is starting up.';
  return answer.status >= 500 ? `n8n says that it is not ready: its readiness is ${answer.status}.` : null;
}

import { describeError } from '@mira/problem';
import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { MiraConfig } from '../../../config/mira.config';
import { MetricsService } from '../../../metrics/metrics.service';
import type { AttemptAnswer } from '../attempt/attempt-answer';
import { AttemptLog } from '../attempt/attempt.log';
import { AttemptMaker } from '../attempt/attempt.maker';
import { AttemptRecorder } from '../attempt/attempt.recorder';
import { ATTEMPTS_PER_JOB, type ClaimedJob } from './claimed-job';
import type { Tier } from '../../../tenant/tenant.entity';
import { type Claimable, DeliveryPlaces } from './delivery.places';
import { DeliveryQueue } from './delivery.queue';
import { type DueDelivery, integrationOf, type LoadedJobs } from '../attempt/due-delivery';
import { DueLoader } from './due.loader';
import { IngestPressure } from './ingest.pressure';
import { IntegrationBreaker } from './integration.breaker';
import { IntegrationSlots, type Slot } from './integration.slots';
import { PutBack } from './put.back';
import type { Bearing } from '../attempt/bearing';
import { type Outcome, outcomeOf } from '../attempt/outcome';
import { HoldKeeper } from '../hold/hold.keeper';
import type { OpenedHold } from '../hold/hold.recorder';

/** How often an idle worker looks for what fell due; what this process adds itself wakes it at once. */
const POLL_MS = 500;
/** The wait after a failed look, when the database is away. */
const TROUBLE_MS = 1_000;
/** While this process is busy receiving, it takes about so many attempts at a time, and rests so long in between. */
const YIELDING_BATCH = 16;
const YIELDING_MS = 100;
/** So long a delivery waits here for its integration to take one more; then it is put back. */
const SLOT_WAIT_MS = 2_000;
/** So many times as many as there are places may wait so, and no more are taken. */
const MOST_WAITING = 4;
/** Likewise of those that were made and wait to be written down: a place is free for the next one by then. */
const MOST_UNRECORDED = 2;

/** An attempt that was made, to be written down. */
interface Made {
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly answer: AttemptAnswer;
}

/**
 * Takes attempts that are due and makes them, up to `delivery.concurrency` at once. It claims no more than it has
 * free places for, so that what waits here waits in the database, where another process can take it.
 */
@Injectable()
export class DeliveryWorker {
  private readonly logger = new Logger('delivery');
  private readonly log: AttemptLog;
  private readonly places: DeliveryPlaces;
  private readonly slots: IntegrationSlots;
  private readonly breaker: IntegrationBreaker;
  private readonly underWay = new Set<Promise<void>>();
  /** The same, by the id of the delivery. */
  private readonly deliveries = new Set<string>();
  private unrecorded = 0;
  private loop: Promise<void> | null = null;
  private stopping = false;
  private cutShort = false;
  private resume: () => void = () => undefined;
  private woken = false;
  private lastLookAt = performance.now();

  constructor(
    private readonly config: MiraConfig,
    private readonly loader: DueLoader,
    private readonly queue: DeliveryQueue,
    private readonly maker: AttemptMaker,
    private readonly recorder: AttemptRecorder,
    private readonly pressure: IngestPressure,
    private readonly keeper: HoldKeeper,
    private readonly putBack: PutBack,
    metrics: MetricsService,
  ) {
    this.places = new DeliveryPlaces(config.delivery.concurrency);
    this.slots = new IntegrationSlots(config.delivery.concurrency, SLOT_WAIT_MS);
    this.breaker = new IntegrationBreaker(config.delivery.breaker_failures);
    this.log = new AttemptLog(metrics);
    metrics.gauge('mira_delivery_attempts_under_way', 'Attempts being made', () => this.underWay.size);
    const { slots } = this;
    metrics.gauge('mira_integration_slots', 'Attempts that integrations may have at a time', () => slots.allowed);
    metrics.gauge('mira_integration_slots_taken', 'Attempts that integrations have', () => slots.taken);
    metrics.gauge('mira_deliveries_waiting_for_slot', 'Deliveries that wait for one', () => slots.waiting);
  }

  start(): void {
    this.stopping = false;
    this.cutShort = false;
    this.queue.whenWoken(() => this.wake());
    this.loop = this.run();
  }

  /** Takes no more, and resolves when what is under way has ended or `timeoutMs` is over. */
  async stop(timeoutMs: number): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.loop;
    this.slots.sendAway();
    const patience = new AbortController();
    const finished = Promise.allSettled(this.underWay).then(() => patience.abort());
    await Promise.race([finished, sleep(timeoutMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
    if (this.underWay.size > 0) {
      this.cutShort = true;
      this.logger.warn(`${this.underWay.size} attempts were cut short; they will be made again`);
    }
    this.loop = null;
  }

  /** For the health check: whether it runs, how long ago it last looked for work, and how many attempts it makes. */
  get state(): { running: boolean; idleMs: number; underWay: number } {
    return { running: this.loop !== null, idleMs: performance.now() - this.lastLookAt, underWay: this.underWay.size };
  }

  private wake(): void {
    this.woken = true;
    this.resume();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      this.lastLookAt = performance.now();
      const yielding = this.pressure.high;
      const more = await this.take(this.places.claimable(yielding ? YIELDING_BATCH : undefined));
      if (yielding) await this.pause(YIELDING_MS);
      else if (!more) await this.rest(POLL_MS);
    }
  }

  /** True when there is probably more to take at once. */
  private async take(claimable: Claimable): Promise<boolean> {
    if (claimable.jobs === 0 || this.isBehind) return false;
    try {
      const jobs = await this.claim(claimable);
      if (jobs.length === 0) return false;
      const loaded = await this.loader.load(jobs);
      for (const job of jobs) this.begin(job, loaded);
      await this.recorder.discard(jobs.filter(({ open }) => open === 0));
      // Also when there were fewer than asked for: a tenant that has its share now is left out the next time.
      return true;
    } catch (error) {
      this.logger.warn({ msg: 'could not take work from the queue; trying again', err: describeError(error) });
      await this.rest(TROUBLE_MS);
      return true;
    }
  }

  /** More would only wait: for their integrations, or for the database to write down what was made. */
  private get isBehind(): boolean {
    const { concurrency } = this.config.delivery;
    return this.slots.waiting >= MOST_WAITING * concurrency || this.unrecorded >= MOST_UNRECORDED * concurrency;
  }

  /** Those who have their part only where nobody else has anything to be done; whose integrations are full, not at all. */
  private async claim({ jobs, without, otherwise }: Claimable): Promise<ClaimedJob[]> {
    const crowded = this.slots.crowded(ATTEMPTS_PER_JOB);
    const claimed = await this.queue.claim(jobs, [...without, ...crowded]);
    if (claimed.length > 0 || otherwise === null) return claimed;
    return this.queue.claim(otherwise.jobs, [...otherwise.without, ...crowded]);
  }

  /** Begins each attempt of a job that is still to be made. */
  private begin(job: ClaimedJob, { due, taken, tiers }: LoadedJobs): void {
    const tier = tiers.get(job.tenantId) ?? 'basic';
    for (const id of job.deliveryIds) {
      const delivery = due.get(id);
      const isOurs = delivery?.jobId === job.claim.id;
      // Its attempt is being made, elsewhere or here, by one that took longer than its job. This job stays claimed until
      // its time is over, and is given out again then: should the other one die, this one is still there.
      if (taken.has(id) || (isOurs && this.deliveries.has(id))) continue;
      if (isOurs) this.beginOne(job, delivery, tier);
      else job.ended();
    }
  }

  private beginOne(job: ClaimedJob, delivery: DueDelivery, tier: Tier): void {
    this.deliveries.add(delivery.id);
    const attempt = this.inTurn(job, delivery, tier).finally(() => {
      this.deliveries.delete(delivery.id);
      this.underWay.delete(attempt);
      this.wake();
    });
    this.underWay.add(attempt);
  }

  /** As soon as its integration can take one more. A probe need not wait: it is to find out. */
  private async inTurn(job: ClaimedJob, delivery: DueDelivery, tier: Tier): Promise<void> {
    const { tenantId, isProbe } = delivery;
    const integrationId = isProbe ? null : integrationOf(delivery);
    const slot = integrationId === null ? undefined : await this.slots.take(tenantId, integrationId);
    if (slot === null) return this.return(job, delivery);
    const made = await this.places.during(tenantId, tier, () => this.make(delivery, slot));
    if (made === null) return;
    this.unrecorded++;
    this.wake();
    try {
      await this.record(job, delivery, made);
    } finally {
      this.unrecorded--;
    }
  }

  private async return(job: ClaimedJob, { id }: DueDelivery): Promise<void> {
    try {
      await this.putBack.return(job, id);
    } catch (error) {
      // The job stays claimed; pg-boss gives it out again when its time is over.
      this.logger.warn({ msg: 'a delivery could not be put back', err: describeError(error), delivery_id: id });
    }
  }

  /**
   * Null where the process ends meanwhile: what comes of it then is this process's doing and says nothing of the receiver.
   * The job stays claimed until its time is over.
   */
  private async make(delivery: DueDelivery, slot?: Slot): Promise<Made | null> {
    if (this.cutShort) return null;
    const startedAt = new Date();
    const start = performance.now();
    const answer = await this.maker.make(delivery);
    const durationMs = performance.now() - start;
    slot?.giveBack(delivery.routeId ?? '', answer.bearing, durationMs);
    return this.cutShort ? null : { startedAt, durationMs, answer };
  }

  private async record(job: ClaimedJob, delivery: DueDelivery, { startedAt, durationMs, answer }: Made): Promise<void> {
    const { result, bearing, ...response } = answer;
    const { attempt: number, rejections, heldAttempts: held, isOrdered, isProbe, routeId } = delivery;
    const { retry_schedule_seconds: scheduleSeconds, retry_jitter: jitter } = this.config.delivery;
    const history = { number, endedAt: new Date(), rejections, held };
    const outcome = outcomeOf(result, history, { scheduleSeconds, jitter }, Math.random);
    const opens = this.holdOf(delivery, outcome, bearing);
    // What waits for it here would only find the same.
    if (opens?.scope === 'integration') this.slots.sendAway(opens.targetId);
    try {
      await this.recorder.record({
        job,
        deliveryId: delivery.id,
        isWorkflow: delivery.target.kind === 'n8n',
        orderedRouteId: isOrdered ? routeId : null,
        isProbe,
        opens,
        startedAt,
        durationMs,
        outcome,
        ...response,
      });
    } catch (error) {
      // The job stays claimed; pg-boss gives it out again when its time is over.
      this.logger.error({
        msg: 'an attempt could not be recorded; it will be made again',
        err: describeError(error),
        delivery_id: delivery.id,
      });
      return;
    }
    if (isProbe) this.keeper.wake();
    this.log.tell(delivery, outcome, response.statusCode, durationMs);
  }

  /** The hold that an attempt shows to be needed; null for nearly all. */
  private holdOf(delivery: DueDelivery, outcome: Outcome, bearing: Bearing | null): OpenedHold | null {
    const integrationId = integrationOf(delivery);
    const isTooMuch = integrationId !== null && this.breaker.opens(integrationId, bearing, delivery.isProbe);
    if (outcome.kind === 'held') {
      const targetId = outcome.scope === 'route' ? delivery.routeId : integrationId;
      return targetId === null
        ? null
        : { scope: outcome.scope, targetId, reason: outcome.heldFor, detail: outcome.reason };
    }
    if (!isTooMuch) return null;
    const detail = `It failed ${this.config.delivery.breaker_failures} times in a row: ${outcome.reason ?? ''}`;
    return { scope: 'integration', targetId: integrationId, reason: 'overloaded', detail };
  }

  /** A rest that new work does not cut short; only the end does. */
  private async pause(ms: number): Promise<void> {
    if (!this.stopping) await sleep(ms);
  }

  private async rest(ms: number): Promise<void> {
    if (this.woken || this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.resume = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.resume = () => undefined;
  }
}

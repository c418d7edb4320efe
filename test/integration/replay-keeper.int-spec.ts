import { Logger } from '@nestjs/common';
import { Integration } from '../../src/n8n/integration.entity';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { WebhookEvent } from '../../src/webhook/event/webhook-event.entity';
import { Replay } from '../../src/webhook/replay/replay.entity';
import { Route } from '../../src/webhook/route/route.entity';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { refusalOf } from '../support/refusals';
import { Replaying } from '../support/replaying';
import { by } from '../support/trails';

describeOnEachDatabase(
  'replays that run at the same time',
  (database) => {
    let queue: DeliveryQueue;
    let sut: Replaying;

    beforeAll(async () => {
      queue = await aQueue(database());
      sut = new Replaying(database(), queue);
    });
    afterAll(() => queue.onApplicationShutdown());
    beforeEach(async () => {
      await sut.sql('TRUNCATE replays, deliveries, webhook_events');
      await sut.begin();
    });
    beforeEach(() => jest.spyOn(Logger.prototype, 'warn').mockReturnValue());
    afterEach(() => jest.restoreAllMocks());

    async function started(rate: number): Promise<string> {
      const replay = await sut.replays.replayEvents(by(sut.tenantId), { filter: {}, rate_per_second: rate });
      if ('preview' in replay) throw new Error('it was only previewed');
      return replay.id;
    }

    async function events(count: number): Promise<void> {
      for (let n = 0; n < count; n++) await sut.anEvent();
    }

    it('are no more than five of a tenant, however many are started at once', async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 9 }, () => started(1)));
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      expect(refused).toHaveLength(4);
      const refusal = await refusalOf(sut.replays.redrive(by(sut.tenantId), {}));
      expect(refusal).toMatchObject({ status: 409, message: expect.stringMatching(/^5 replays and redrives/) });
      const [first] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      await sut.replays.cancel(by(sut.tenantId), first ?? '');
      await started(1);
      await sut.begin();
      await started(1);
    });

    it('take one step in turn', async () => {
      await events(3);
      const steps: string[] = [];
      jest.spyOn(sut.steps, 'take').mockImplementation(async (_manager, replay) => {
        steps.push(replay.id);
        return steps.filter((id) => id === replay.id).length < 2;
      });
      const [first, second] = [await started(100), await started(100)];
      await sut.begin();
      const other = await started(100);
      await sut.keeper.run();
      expect(new Set(steps.slice(0, 2))).toEqual(new Set([first, other]));
      expect(steps).toHaveLength(6);
      expect(new Set(steps.slice(0, 3))).toEqual(new Set([first, second, other]));
    });

    it('go on where another one fails, which is tried again after a pause', async () => {
      await events(1);
      const [broken, sound] = [await started(10), await started(10)];
      const take = sut.steps.take.bind(sut.steps);
      const spy = jest.spyOn(sut.steps, 'take').mockImplementation(async (manager, replay, now) => {
        if (replay.id === broken) await manager.query('SELECT 1 / 0');
        return take(manager, replay, now);
      });
      await sut.keeper.run();
      expect(await sut.replays.get(sut.tenantId, sound)).toMatchObject({ state: 'done' });
      expect(await sut.replays.get(sut.tenantId, broken)).toMatchObject({ state: 'running' });
      spy.mockClear();
      await sut.keeper.run();
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
      await sut.pausesAreOver();
      await sut.keeper.run();
      expect(await sut.replays.get(sut.tenantId, broken)).toMatchObject({ state: 'done', created: 1 });
    });

    it('are given up, with the reason, when they fail again and again', async () => {
      const broken = await started(10);
      jest.spyOn(sut.steps, 'take').mockRejectedValue(new Error('no'));
      for (let n = 0; n < 8; n++) {
        expect(await sut.replays.get(sut.tenantId, broken)).toMatchObject({ state: 'running', failure: null });
        await sut.pausesAreOver();
        await sut.keeper.run();
      }
      expect(await sut.replays.get(sut.tenantId, broken)).toMatchObject({
        state: 'failed',
        failure: 'Its next step failed 8 times in a row; the log has the reason.',
        completed_at: expect.any(String),
      });
    });
  },
  [Route, Integration, Replay, WebhookEvent],
);

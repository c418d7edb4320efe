import { DeliveryAttempt } from '../delivery/attempt/delivery-attempt.entity';
import { Delivery } from '../delivery/delivery.entity';
import { type TimelineRows, timelineOf } from './event.timeline';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 25, 10, 0, seconds));

function aDelivery(more: Partial<Delivery>): Delivery {
  return Object.assign(new Delivery(), {
    id: 'd',
    routeId: 'r',
    agentName: null,
    replayId: null,
    status: 'queued',
    heldFor: null,
    reason: null,
    createdAt: at(0),
    completedAt: null,
    ...more,
  });
}

function anAttempt(more: Partial<DeliveryAttempt>): DeliveryAttempt {
  const attempt = { deliveryId: 'd', number: 1, startedAt: at(1), durationMs: 20.4, outcome: 'retry', reason: 'No.' };
  return Object.assign(new DeliveryAttempt(), { ...attempt, statusCode: 500, ...more });
}

function stepsOf(rows: Partial<TimelineRows>) {
  const none = { deliveries: [], attempts: [], executions: [], holds: [] };
  return timelineOf({ receivedAt: at(0), bodyBytes: 2, ...none, ...rows });
}

const shortly = (rows: Partial<TimelineRows>) =>
  stepsOf(rows).map(({ step, at: when, outcome }) => `${when.getUTCSeconds()} ${step} ${outcome ?? ''}`.trim());

it('of an event that goes nowhere is that it was received and stored', () => {
  expect(stepsOf({})).toMatchObject([
    { at: at(0), step: 'received', detail: '2 bytes', deliveryId: null },
    { at: at(0), step: 'stored' },
  ]);
});

it('tells of each attempt and execution, and of the end, in the order of time', () => {
  const execution = { deliveryId: 'd', executionId: '7', how: 'webhook', status: 'success', error: null };
  const rows = {
    deliveries: [aDelivery({ status: 'succeeded', completedAt: at(9) })],
    attempts: [anAttempt({ number: 2, startedAt: at(5), outcome: 'delivered', statusCode: 200 }), anAttempt({})],
    executions: [{ ...execution, startedAt: at(6), stoppedAt: at(8) }],
  };
  expect(shortly(rows)).toEqual([
    '0 received',
    '0 stored',
    '0 routed',
    '1 attempted retry',
    '5 attempted delivered',
    '6 execution_started',
    '8 execution_stopped success',
    '9 ended succeeded',
  ]);
  expect(stepsOf(rows)[3]).toMatchObject({ attempt: 1, deliveryId: 'd', detail: 'answer 500 after 20 ms: No.' });
});

it('tells a replay from the way that the event went first', () => {
  const deliveries = [
    aDelivery({}),
    aDelivery({ id: 'e', replayId: 'p', createdAt: at(3), routeId: null, agentName: 'a' }),
  ];
  expect(stepsOf({ deliveries }).slice(2)).toMatchObject([
    { step: 'routed', deliveryId: 'd', detail: 'along the route r' },
    { step: 'replayed', deliveryId: 'e', at: at(3), detail: 'to the agent a, by the replay p' },
  ]);
});

it('says since when a delivery is held: since the hold began, or it came to it', () => {
  const held = aDelivery({ status: 'held', heldFor: 'unreachable', reason: 'No connection.' });
  expect(shortly({ deliveries: [held] }).at(-1)).toBe('0 held unreachable');
  expect(shortly({ deliveries: [held], attempts: [anAttempt({})] }).at(-1)).toBe('1 held unreachable');
  expect(shortly({ deliveries: [held], holds: [{ deliveryId: 'd', since: at(4) }] }).at(-1)).toBe('4 held unreachable');
});

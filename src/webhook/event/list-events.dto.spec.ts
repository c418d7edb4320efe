import 'reflect-metadata';
import { faultyFieldsOf, readAs } from '../../../test/support/refusals';
import { ListEventsQuery } from './list-events.dto';

it('reads every filter, and the page besides', async () => {
  const query = { service: 'github', event_type: 'push', status: 'dead', q: '50% "ok"_', limit: '10' };
  expect(
    await readAs(ListEventsQuery, { ...query, from: '2026-01-31', to: '2026-02-01T12:00:00+01:00' }, 'query'),
  ).toMatchObject({
    ...query,
    limit: 10,
    from: new Date('2026-01-31T00:00:00Z'),
    to: new Date('2026-02-01T11:00:00Z'),
  });
});

it.each([
  [{ service: '' }, 'service'],
  [{ service: ['a', 'b'] }, 'service'],
  [{ event_type: 'a\0' }, 'event_type'],
  [{ status: 'queued' }, 'status'],
  [{ q: '' }, 'q'],
  [{ q: 'a\0' }, 'q'],
  [{ q: 'x'.repeat(201) }, 'q'],
  [{ from: 'yesterday' }, 'from'],
  [{ from: '' }, 'from'],
  [{ to: ['2026-01-31'] }, 'to'],
  [{ cursor: 'x' }, 'cursor'],
  [{ order: 'id' }, 'order'],
])('refuses %j', async (query, field) => {
  expect(await faultyFieldsOf(ListEventsQuery, query, 'query')).toEqual([field]);
});

import 'reflect-metadata';
import type { Principal } from '@mira/access';
import { EventController } from './event.controller';
import type { EventBody, EventService } from './event.service';

const who: Principal = { tenantId: 't', userId: null, apiKeyId: null, role: 'viewer', permissions: new Set() };

async function bodyOf(body: EventBody) {
  const events: Pick<EventService, 'body'> = { body: async () => body };
  return new EventController(events as EventService).body(who, 'id');
}

it('hands out the bytes under the content type that they came with, to be saved', async () => {
  const file = await bodyOf({ bytes: Buffer.from([0, 255]), contentType: 'text/html; charset=utf-8' });
  expect(file.getHeaders()).toEqual({ type: 'text/html; charset=utf-8', disposition: 'attachment', length: 2 });
  expect(await file.getStream().toArray()).toEqual([Buffer.from([0, 255])]);
});

it.each([null, '', 'text/html\r\nset-cookie: a=b', 'text/größe\u0100'])(
  'calls the bytes nothing but bytes where their content type is %j',
  async (contentType) => {
    const file = await bodyOf({ bytes: Buffer.from('x'), contentType });
    expect(file.getHeaders()).toMatchObject({ type: 'application/octet-stream' });
  },
);

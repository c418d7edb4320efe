import { AddressPolicy, OutboundClient } from '@mira/outbound';
import { Receiver } from '../../../test/support/receiver';
import { N8nClient } from './n8n.client';

const MEBIBYTE = 1_048_576;

describe('an answer of something that calls itself n8n', () => {
  let receiver: Receiver;
  let outbound: OutboundClient;
  let sut: N8nClient;
  beforeEach(async () => {
    receiver = await Receiver.start();
    outbound = new OutboundClient(new AddressPolicy(['127.0.0.0/8']));
    sut = new N8nClient(outbound);
  });
  afterEach(async () => {
    await outbound.close(0);
    await receiver.stop();
  });

  const connection = () => ({ integrationId: 'i', baseUrl: receiver.url, apiKey: 'k', signingSecret: 'whsec_x' });
  const willSend = (json: object) =>
    receiver.willAnswer((response) => void response.writeHead(200).end(JSON.stringify(json)));

  it('has no more on a page than was asked for', async () => {
    willSend({ data: Array.from({ length: 50 }, (_, id) => ({ id })), nextCursor: 'on' });
    expect(await sut.executions(connection(), { limit: 2 })).toMatchObject({
      value: { data: [{ id: '0' }, { id: '1' }] },
    });
    expect(await sut.workflows(connection(), { limit: 1 })).toMatchObject({ value: { data: [{ id: 0 }] } });
  });

  it.each([
    ['executions', 2, () => sut.executions(connection(), { limit: 1 })],
    ['executions with their data', 4, () => sut.executions(connection(), { limit: 1, includeData: true })],
    ['an execution', 2, () => sut.execution(connection(), '1')],
    ['an execution with its data', 4, () => sut.execution(connection(), '1', { includeData: true })],
    ['workflows', 4, () => sut.workflows(connection(), { limit: 1 })],
  ])('is read up to a size: %s', async (_case, mebibytes, ask) => {
    willSend({ id: 1, data: [{ id: 1 }], padding: 'x'.repeat((mebibytes - 1) * MEBIBYTE) });
    expect(await ask()).toMatchObject({ kind: 'ok' });
    willSend({ id: 1, data: [{ id: 1 }], padding: 'x'.repeat(mebibytes * MEBIBYTE) });
    const detail = `n8n's answer is larger than ${mebibytes} MiB, which is all that Mira reads of one.`;
    expect(await ask()).toMatchObject({ kind: 'fault', fault: 'too_large', detail });
  });
});

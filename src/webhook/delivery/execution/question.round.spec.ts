import type { N8nClient } from '../../../n8n/client/n8n.client';
import { failure } from '../../../n8n/client/n8n.reply';
import type { N8nConnection } from '../../../n8n/integration.connection';
import { QuestionRound } from './question.round';

/** An n8n that does not answer in time; the clock is not waited for. */
function aRound(forMs: number) {
  const given: number[] = [];
  const workflow = async (_connection: N8nConnection, _id: string, { timeoutMs }: { timeoutMs: number }) => {
    given.push(timeoutMs);
    return failure('silent', 'There was no answer.');
  };
  const sut = new QuestionRound({ workflow } as unknown as N8nClient, {} as N8nConnection, forMs);
  return { sut, given };
}

describe('a round of questions', () => {
  it('is over where a call used up all that was left, whatever the clock says', async () => {
    const { sut, given } = aRound(5_000);
    const reply = await sut.workflow('w');
    if (reply.kind !== 'fault') throw new Error('there was an answer');
    expect(sut.findingOf(reply)).toEqual({ kind: 'put_back' });
    expect(sut.end).toEqual({ kind: 'put_back' });
    await sut.workflow('w');
    expect(given).toHaveLength(1);
  });

  it('tells of an n8n that did not answer one call in the time of one call', async () => {
    const { sut } = aRound(30_000);
    const reply = await sut.workflow('w');
    if (reply.kind !== 'fault') throw new Error('there was an answer');
    expect(sut.findingOf(reply)).toEqual({ kind: 'unasked', detail: 'There was no answer.' });
  });

  it('asks nothing where less than a moment is left', async () => {
    const { sut, given } = aRound(0.5);
    await sut.workflow('w');
    expect(given).toEqual([]);
    expect(sut.end).toEqual({ kind: 'put_back' });
  });
});

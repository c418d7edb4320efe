import { readExecutionResult } from './execution-result';

const ID = '0198c0de-0000-7000-8000-0000000000ff';

function read(data: unknown) {
  return readExecutionResult({ workflow_type: 'execution_result', data });
}

describe('what an execution_result webhook tells', () => {
  it('is the end of an execution, in words of n8n or of Mira', () => {
    expect(read({ execution_id: '17', status: 'success' })).toEqual({
      kind: 'ok',
      execution: { executionId: '17', workflowId: null, status: 'succeeded', error: null, deliveryId: null },
    });
    const told = { execution_id: 17, workflow_id: 'Abc', status: 'failed', error: 'no', delivery_id: ID.toUpperCase() };
    expect(read(told)).toEqual({
      kind: 'ok',
      execution: { executionId: '17', workflowId: 'Abc', status: 'failed', error: 'no', deliveryId: ID },
    });
  });

  it.each(['error', 'crashed', 'canceled', 'failed'])('is a failure where n8n says %s', (status) => {
    expect(read({ execution_id: '17', status, error: { message: 'no' } })).toMatchObject({
      execution: { status: 'failed', error: 'no' },
    });
  });

  it('has no error where none is told, or it did not fail', () => {
    expect(read({ execution_id: '17', status: 'error', error: {} })).toMatchObject({ execution: { error: null } });
    expect(read({ execution_id: '17', status: 'success', error: 'no' })).toMatchObject({ execution: { error: null } });
  });

  it.each<[string, unknown, RegExp]>([
    ['no data', undefined, /data is missing or not an object/],
    ['no execution', { status: 'success' }, /data\.execution_id must be the id of an execution/],
    ['a fraction as execution', { execution_id: 1.5, status: 'success' }, /data\.execution_id/],
    ['an endless id', { execution_id: 'x'.repeat(65), status: 'success' }, /data\.execution_id/],
    ['a list as workflow', { execution_id: '1', workflow_id: [], status: 'success' }, /data\.workflow_id/],
    ['no status', { execution_id: '1' }, /data\.status must be one of success, succeeded, error/],
    ['an execution that still runs', { execution_id: '1', status: 'running' }, /data\.status must be one of/],
    ['what is no delivery', { execution_id: '1', status: 'success', delivery_id: 7 }, /data\.delivery_id must be/],
  ])('is refused with %s', (_case, data, reason) => {
    expect(read(data)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  });
});

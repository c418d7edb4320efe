import { classifyN8nAnswer } from './n8n.answer';

/** Answers that n8n 2.8.4 gave to a POST on a production webhook. */
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' };
const HINT =
  'The workflow must be active for a production URL to run successfully. You can activate the workflow using the ' +
  "toggle in the top-right of the editor. Note that unlike test URL calls, production URL calls aren't shown on the " +
  'canvas (only in the executions list)';

function classify(status: number, body: unknown, headers: Record<string, string> = JSON_TYPE) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyN8nAnswer({ status, headers, body: Buffer.from(text) });
}

function aNotFound(message: string, hint?: string) {
  return { code: 404, message, hint, stacktrace: `ResponseError: ${message}\n    at LiveWebhooks.findWebhook` };
}

describe('an answer of n8n that it took the webhook', () => {
  it.each<[string, number, unknown, Record<string, string>]>([
    ['a workflow that answers at once', 200, { message: 'Workflow was started' }, JSON_TYPE],
    ['a node that answers without data', 200, '', JSON_TYPE],
    ['a node with a status of its own', 204, '', {}],
    ['a page', 200, '<p>thank you</p>', HTML_TYPE],
    ['JSON that was cut short', 200, '{"execution_id":"7","data":"xxxx', JSON_TYPE],
    ['a list of nothing', 200, [], JSON_TYPE],
    ['an id that is none', 200, { execution_id: '../7' }, JSON_TYPE],
    ['an id of another type', 200, { execution_id: { id: '7' } }, JSON_TYPE],
  ])('names no execution: %s', (_case, status, body, headers) => {
    expect(classify(status, body, headers)).toEqual({ kind: 'ok' });
  });

  it.each<[string, unknown, string, Record<string, string>]>([
    ['a Respond to Webhook node', { execution_id: '2', body: { a: 1 } }, '2', JSON_TYPE],
    ['the last node', { executionId: '21' }, '21', JSON_TYPE],
    ['all items of the last node', [{ executionId: '22' }, { executionId: '23' }], '22', JSON_TYPE],
    ['response data of a node that answers at once, which is called a page', '{"execution_id":"24"}', '24', HTML_TYPE],
    ['a number', { execution_id: 25 }, '25', JSON_TYPE],
  ])('names the execution: %s', (_case, body, executionId, headers) => {
    expect(classify(200, body, headers)).toEqual({ kind: 'ok', executionId });
  });
});

describe('an answer of n8n that it does not know the webhook', () => {
  it('is told from every other 404', () => {
    const answer = classify(404, aNotFound('The requested webhook "POST nope" is not registered.', HINT));
    expect(answer).toEqual({
      kind: 'not_registered',
      cause: 'path',
      detail: expect.stringMatching(/not active, or n8n has just started/),
    });
  });

  it.each([
    ['GET', 'This webhook is not registered for POST requests. Did you mean to make a GET request?'],
    ['PUT or PATCH', 'This webhook is not registered for POST requests. Did you mean to make a PUT or PATCH request?'],
  ])('says which methods it does take: %s', (methods, message) => {
    expect(classify(404, aNotFound(message))).toEqual({
      kind: 'not_registered',
      cause: 'method',
      detail: expect.stringContaining(`for ${methods} only`),
    });
  });

  it('repeats no list of methods that has no end', () => {
    const message = `This webhook is not registered. Did you mean to make a ${'PUT, '.repeat(800)}request?`;
    expect(JSON.stringify(classify(404, aNotFound(message))).length).toBeLessThan(300);
  });

  it.each<[string, number, unknown]>([
    ['a workflow that answers 404 itself', 404, { error: 'no such order' }],
    ['its words with another code', 404, { code: 7, message: 'x is not registered' }],
    ['another message', 404, { code: 404, message: 'Could not find workflow with id "7"' }],
    ['a page of a proxy', 404, '<html><body>not found</body></html>'],
    ['nothing at all', 404, ''],
    ['a list', 404, []],
    ['its words with another status', 410, aNotFound('The requested webhook "POST nope" is not registered.')],
  ])('is not seen in %s', (_case, status, body) => {
    expect(classify(status, body)).toEqual({ kind: 'other' });
  });
});

describe('an answer of an n8n that is starting', () => {
  it.each(['n8n is starting up. Please wait', 'N8N is Starting up. Please wait\n'])('is no success: %j', (body) => {
    expect(classify(200, body, HTML_TYPE)).toEqual({ kind: 'starting', detail: expect.stringMatching(/starting up/) });
  });

  it('may be that its webhook routes are not there yet', () => {
    const body =
      '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n' +
      '<pre>Cannot POST /webhook/mira-plain</pre>\n</body>\n</html>\n';
    expect(classify(404, body, HTML_TYPE)).toEqual({ kind: 'starting', detail: expect.stringMatching(/base URL/) });
  });

  it('is not what a workflow says in passing', () => {
    expect(classify(200, { message: 'n8n is starting up. Please wait' })).toEqual({ kind: 'ok' });
    expect(classify(200, 'They say n8n is starting up.', HTML_TYPE)).toEqual({ kind: 'ok' });
  });
});

describe('any other answer', () => {
  it.each<[number, unknown]>([
    [500, { message: 'Error in workflow' }],
    [500, { code: 0, message: 'No Respond to Webhook node found in the workflow' }],
    [503, { code: 503, message: 'Database is not ready!' }],
    [422, { code: 422, message: 'Failed to parse request body', hint: 'Expected property name' }],
    [301, ''],
    [429, ''],
  ])('is left to its status: %d %j', (status, body) => {
    expect(classify(status, body)).toEqual({ kind: 'other' });
  });
});

describe('an answer of a Webhook node that asks for credentials', () => {
  it.each([
    [401, 'Authorization is required!'],
    [403, 'Authorization data is wrong!'],
  ])('says so, and what to change: %d %j', (status, body) => {
    expect(classify(status, body)).toEqual({ kind: 'unauthorized', detail: expect.stringMatching(/None/) });
  });
});

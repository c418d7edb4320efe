import { findWebhookPath } from './workflow.webhook';

/** As n8n 2.8.4 answers `GET /api/v1/workflows/:id`, less what nobody here reads. */
function aWorkflow(nodes: unknown, workflow: Record<string, unknown> = {}) {
  const id = '2Os9rE31QKpxPJUD';
  return {
    id,
    name: 'mira plain',
    active: true,
    isArchived: false,
    nodes,
    versionId: 'e3c35c6b-6b31-4849-80fe-00778348a350',
    activeVersionId: 'e3c35c6b-6b31-4849-80fe-00778348a350',
    activeVersion: { versionId: 'e3c35c6b-6b31-4849-80fe-00778348a350', workflowId: id, nodes, name: null },
    ...workflow,
  };
}

function aNode(parameters: unknown, node: Record<string, unknown> = {}) {
  return {
    id: 'in',
    name: 'Webhook In',
    type: 'n8n-nodes-base.webhook',
    typeVersion: 2,
    position: [0, 0],
    webhookId: 'b85fc04a-0a5b-4d97-9f5f-db5f8e9cb87f',
    parameters,
    ...node,
  };
}

const done = { id: 'done', name: 'Done', type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} };

function find(nodes: unknown, workflow: Record<string, unknown> = {}) {
  return findWebhookPath(aWorkflow(nodes, workflow), '2Os9rE31QKpxPJUD');
}

describe('the path of a workflow', () => {
  it.each<[string, unknown[], string]>([
    ['a node that takes POST', [done, aNode({ httpMethod: 'POST', path: 'mira-plain' })], 'mira-plain'],
    ['slashes around it', [aNode({ httpMethod: 'POST', path: '/a b/c/' })], 'a b/c'],
    ['several methods', [aNode({ path: 'm', multipleMethods: true, httpMethod: ['PUT', 'POST'] })], 'm'],
    ['several methods at their default', [aNode({ path: 'm', multipleMethods: true })], 'm'],
    ['no path: its own id', [aNode({ httpMethod: 'POST' })], 'b85fc04a-0a5b-4d97-9f5f-db5f8e9cb87f'],
    ['an empty path', [aNode({ httpMethod: 'POST', path: '' })], 'b85fc04a-0a5b-4d97-9f5f-db5f8e9cb87f'],
    [
      'a node without id, made by a program',
      [aNode({ httpMethod: 'POST', path: 'x' }, { webhookId: undefined })],
      '2Os9rE31QKpxPJUD/webhook%20in/x',
    ],
    ['the first node that takes POST', [aNode({ path: 'get' }), aNode({ httpMethod: 'POST', path: 'post' })], 'post'],
    [
      'a node that is switched on',
      [aNode({ httpMethod: 'POST', path: 'off' }, { disabled: true }), aNode({ httpMethod: 'POST', path: 'on' })],
      'on',
    ],
  ])('is found: %s', (_case, nodes, path) => {
    expect(find(nodes)).toEqual({ kind: 'path', path });
  });

  it('is that of the published version, whatever the draft says', () => {
    const draft = [aNode({ httpMethod: 'POST', path: 'draft' })];
    const published = [aNode({ httpMethod: 'POST', path: 'published' })];
    expect(find(draft, { activeVersion: { nodes: published } })).toEqual({ kind: 'path', path: 'published' });
  });

  it('is found in n8n 1.x, which knows no versions', () => {
    const old = { id: '1', name: 'old', active: true, nodes: [aNode({ httpMethod: 'POST', path: 'old' })] };
    expect(findWebhookPath(old, '1')).toEqual({ kind: 'path', path: 'old' });
    expect(findWebhookPath({ ...old, active: false }, '1')).toMatchObject({ fault: 'inactive' });
  });
});

describe('a workflow that cannot be called', () => {
  const notActive = { active: false, activeVersionId: null, activeVersion: undefined };

  it.each<[string, unknown, Record<string, unknown>, string, RegExp]>([
    ['not active', [aNode({ httpMethod: 'POST', path: 'x' })], notActive, 'inactive', /activate \(publish\)/],
    ['archived', [], { ...notActive, isArchived: true }, 'inactive', /archived/],
  ])('may be one day: %s', (_case, nodes, workflow, fault, detail) => {
    const permanent = false;
    expect(find(nodes, workflow)).toEqual({ kind: 'fault', fault, permanent, detail: expect.stringMatching(detail) });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no nodes', [], 'no_webhook_node', /add one, method POST/],
    ['no list of nodes', 'nonsense', 'no_webhook_node', /add one/],
    ['nodes that are none', [null, 7, {}, { type: 7 }], 'no_webhook_node', /add one/],
    ['no Webhook node', [done], 'no_webhook_node', /add one/],
    ['a disabled one', [aNode({ httpMethod: 'POST' }, { disabled: true })], 'no_webhook_node', /switched on/],
    ['parameters in its path', [aNode({ httpMethod: 'POST', path: 'u/:user/x' })], 'no_webhook_node', /parameters/],
    ['an expression as path', [aNode({ httpMethod: 'POST', path: '={{ "x" }}' })], 'no_webhook_node', /expression/],
    ['a path that leads away', [aNode({ httpMethod: 'POST', path: '../rest' })], 'no_webhook_node', /\. or \.\./],
    ['GET, the default', [aNode({ path: 'x' })], 'wrong_method', /takes GET as its HTTP method/],
    ['other methods', [aNode({ path: 'x', httpMethod: ['PUT', 'GET'] })], 'wrong_method', /takes PUT, GET/],
    ['no parameters', [aNode(undefined)], 'wrong_method', /takes GET/],
    ['an expression as method', [aNode({ httpMethod: '={{ "POST" }}' })], 'wrong_method', /has an expression/],
    [
      'half a character in its path',
      [aNode({ httpMethod: 'POST', path: 'a\ud800' })],
      'no_webhook_node',
      /its path must/,
    ],
    [
      'half a character in the name that makes its path',
      [aNode({ httpMethod: 'POST', path: 'a' }, { webhookId: undefined, name: 'In \udc00' })],
      'no_webhook_node',
      /name of the node/,
    ],
  ])('has to be changed: %s', (_case, nodes, fault, detail) => {
    expect(find(nodes)).toEqual({ kind: 'fault', fault, permanent: true, detail: expect.stringMatching(detail) });
  });

  const endless = 'X'.repeat(3_000_000);
  it.each<[string, unknown[]]>([
    ['a method', [aNode({ httpMethod: endless })]],
    ['a list of methods', [aNode({ httpMethod: [endless] })]],
    ['methods', [aNode({ httpMethod: 'GET,'.repeat(700_000) })]],
    ['many nodes', Array.from({ length: 50_000 }, (_, at) => aNode({ httpMethod: `M${at}` }))],
    ['a path', [aNode({ httpMethod: 'POST', path: endless })]],
    ['a name', [aNode({ httpMethod: 'POST' }, { webhookId: undefined, name: endless })]],
  ])('is told in a sentence, however long its JSON is: %s', (_case, nodes) => {
    const found = find(nodes);
    expect(found).toMatchObject({ kind: 'fault', permanent: true });
    expect(JSON.stringify(found).length).toBeLessThan(500);
  });

  it('is not said to be one because of nodes that are not called', () => {
    const other = aNode({ path: 'x' }, { webhookId: undefined, name: 'In \udc00' });
    expect(find([other, aNode({ httpMethod: 'POST', path: 'post' })])).toEqual({ kind: 'path', path: 'post' });
  });
});

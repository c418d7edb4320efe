import { productionUrl, webhookPathFault, workflowIdFault } from './webhook-path';

const base = 'https://n8n.example.com/sub';

describe('the path of a webhook', () => {
  it.each([
    ['mira-plain', '/webhook/mira-plain'],
    ['/mira-plain/', '/webhook/mira-plain'],
    ['orders/paid', '/webhook/orders/paid'],
    ['scratch slash/é', '/webhook/scratch%20slash/%C3%A9'],
    ['a8d0fd4c-cf0d-4c1b-9e84-1934ec1d0051/user/1', '/webhook/a8d0fd4c-cf0d-4c1b-9e84-1934ec1d0051/user/1'],
    ['I4emOcP8ftai8KFK/webhook%20in/x', '/webhook/I4emOcP8ftai8KFK/webhook%2520in/x'],
    ['...', '/webhook/...'],
    ['a:b@c', '/webhook/a%3Ab%40c'],
  ])('becomes a URL that n8n reads as that path: %s', (path, expected) => {
    expect(webhookPathFault(path)).toBeNull();
    const url = productionUrl(base, path);
    expect(url).toBe(base + expected);
    expect(new URL(url).href).toBe(url);
  });

  it.each<[string, RegExp]>([
    ['', /empty/],
    ['/', /empty/],
    ['a//b', /empty/],
    ['//a', /empty/],
    ['..', /\. or \.\./],
    ['a/../../api/v1/workflows', /\. or \.\./],
    ['./a', /\. or \.\./],
    ['a\\..\\b', /control/],
    ['orders?id=1', /\?/],
    ['orders#1', /#/],
    ['a\nb', /control/],
    ['\u0000', /control/],
    ['\ud800', /control/],
    ['user/:id', /parameters/],
    [':id', /parameters/],
    ['https://n8n.example.com/webhook/orders', /path alone/],
    ['x'.repeat(1_001), /1000/],
  ])('is refused where it could not lead to one: %j', (path, fault) => {
    expect(webhookPathFault(path)).toMatch(fault);
  });
});

describe('the id of a workflow', () => {
  it.each(['2Os9rE31QKpxPJUD', '1', 'a_b-c'])('is taken: %s', (id) => {
    expect(workflowIdFault(id)).toBeNull();
  });

  it.each(['', '..', 'a/b', 'a b', 'é', 'a?b', 'x'.repeat(65), 'a\n'])('is refused: %j', (id) => {
    expect(workflowIdFault(id)).toMatch(/id of a workflow/);
  });
});

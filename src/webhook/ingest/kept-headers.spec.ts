import { keptHeaders } from './kept-headers';

describe('the headers that are kept', () => {
  it('are all but the credentials', () => {
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'push',
      authorization: 'Bearer secret',
      cookie: 'session=secret',
      'x-api-key': 'mira_secret',
      'proxy-authorization': 'Basic secret',
      'x-gitlab-token': 'secret',
    };
    expect(keptHeaders(headers, [])).toEqual({ 'content-type': 'application/json', 'x-github-event': 'push' });
  });

  it('are all but the proof, which would let a reader send the event again', () => {
    const headers = { 'x-signature': 'abc', 'x-hub-signature': 'sha1=abc', 'x-kept': 'yes' };
    expect(keptHeaders(headers, ['x-signature'])).toEqual({ 'x-kept': 'yes' });
  });

  it('are one text each, and such that the database takes them', () => {
    expect(keptHeaders({ 'x-list': ['a', 'b'], 'x-none': undefined, 'x-lone': 'a\ud800b' }, [])).toEqual({
      'x-list': 'a, b',
      'x-lone': 'a\ufffdb',
    });
  });
});

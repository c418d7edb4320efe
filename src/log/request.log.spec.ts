import { pathForLog } from './request.log';

const KEY = `mira_${'a1B2'.repeat(9)}zz`;

describe('the path that a request is logged with', () => {
  it.each([
    [`/api/v1/users/${KEY}`, '/api/v1/users/mira_[hidden]'],
    [`/webhook/n8n/${KEY}/${KEY}`, '/webhook/n8n/mira_[hidden]/mira_[hidden]'],
    [`/x/%20${KEY}`, '/x/%20mira_[hidden]'],
    [`/x/${KEY.replace('mira_', 'mira_rt_')}`, '/x/mira_rt_[hidden]'],
    ['/x/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl/y', '/x/[hidden]/y'],
  ])('of %j is %j: what was put there by mistake does not stay', (path, logged) => {
    expect(pathForLog(path)).toBe(logged);
  });

  it.each(['/', '/api/v1/users/01a205a7-c2ac-7502-a604-3e4cd708fcff', '/webhook/mira', '/api/v1/mira_endpoints'])(
    'is %j itself otherwise',
    (path) => {
      expect(pathForLog(path)).toBe(path);
    },
  );
});

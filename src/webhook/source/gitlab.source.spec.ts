import { generateStandardSecret } from '@mira/signature';
import type { IncomingHttpHeaders } from 'node:http';
import { signedAsGitlab } from '../../../test/support/signed';
import { GitlabSource } from './gitlab.source';

describe('gitlab', () => {
  const now = new Date(1_784_000_000_000);
  const token = 'a secret of somebody';
  const signing = generateStandardSecret();

  function verify(headers: IncomingHttpHeaders, secrets: readonly string[]) {
    return new GitlabSource().verify({ headers, body: Buffer.from('x') }, { secrets, config: {}, url: '', now });
  }

  it('may go from a secret token to a signing token while both are taken', () => {
    const signed = signedAsGitlab('x', signing, { timestampSeconds: now.getTime() / 1000 });
    expect(verify(signed, [signing, token]).kind).toBe('valid');
    expect(verify({ 'x-gitlab-token': token }, [signing, token]).kind).toBe('valid');
    expect(verify({ 'x-gitlab-token': token }, [signing]).kind).toBe('invalid');
    expect(verify(signed, [token]).kind).toBe('invalid');
  });

  it('may send both at once, of which the good one counts', () => {
    const both = { ...signedAsGitlab('x', signing, { timestampSeconds: 1 }), 'x-gitlab-token': token };
    expect(verify(both, [token]).kind).toBe('valid');
    expect(verify(both, [signing]).kind).toBe('stale');
  });

  it('is not taken when it shows its signing token', () => {
    expect(verify({ 'x-gitlab-token': signing }, [signing]).kind).toBe('invalid');
  });

  it('is told which header is missing', () => {
    expect(verify({}, [token])).toMatchObject({ kind: 'missing', detail: expect.stringContaining('x-gitlab-token') });
    expect(verify({}, [signing])).toMatchObject({
      kind: 'missing',
      detail: expect.stringContaining('webhook-signature'),
    });
  });
});

import { signedAsStripe } from '../../../test/support/signed';
import { StripeSource } from './stripe.source';

describe('stripe', () => {
  const NOW_SECONDS = 1_784_000_000;
  const secret = 'whsec_a secret of somebody';
  const good = signedAsStripe('{}', secret, NOW_SECONDS)['stripe-signature'] ?? '';
  const proof = good.slice(good.indexOf('v1='));
  const decoy = `v1=${'0'.repeat(64)}`;

  function verify(header: string, secrets: readonly string[] = [secret]) {
    const keys = { secrets, config: {}, url: '', now: new Date(NOW_SECONDS * 1000) };
    return new StripeSource().verify({ headers: { 'stripe-signature': header }, body: Buffer.from('{}') }, keys);
  }

  it.each([
    ['among those of a secret that is rolled', `t=${NOW_SECONDS},${decoy},${proof}`],
    ['before them', `t=${NOW_SECONDS},${proof},${decoy}`],
    ['beside other schemes', `t=${NOW_SECONDS},v0=${'0'.repeat(64)},${proof},v2=abc`],
    ['before the time', `${proof},t=${NOW_SECONDS}`],
  ])('takes its v1 %s', (_, header) => {
    expect(verify(header)).toEqual({ kind: 'valid', proof });
    expect(verify(header, ['whsec_another', secret])).toEqual({ kind: 'valid', proof });
  });

  it.each([
    ['no time', proof],
    ['two times', `t=${NOW_SECONDS},t=${NOW_SECONDS},${proof}`],
    ['no v1', `t=${NOW_SECONDS}`],
    ['a v0 alone, which is for tests', `t=${NOW_SECONDS},${proof.replace('v1', 'v0')}`],
    ['a good one that is in no scheme', `t=${NOW_SECONDS},${proof.slice(3)}`],
    ['a space', good.replace(',', ', ')],
    ['a comma too many', `${good},`],
    ['a signature without a name', `t=${NOW_SECONDS},=${proof.slice(3)}`],
    ['decoys alone', `t=${NOW_SECONDS}${`,${decoy}`.repeat(200)}`],
  ])('refuses a header with %s', (_, header) => {
    expect(verify(header).kind).toBe('invalid');
  });
});

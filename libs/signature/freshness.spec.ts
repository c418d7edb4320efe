import { refuseTimestamp } from './index';

const NOW_SECONDS = 1_614_265_330;
const now = new Date(NOW_SECONDS * 1000);

describe('refuseTimestamp', () => {
  it.each([0, 1, -1, 300, -300])('takes a time %i s away', (distance) => {
    expect(refuseTimestamp(String(NOW_SECONDS + distance), now)).toBeNull();
  });

  it.each([301, -301, 1_000_000, -1_000_000])('calls a time %i s away stale', (distance) => {
    expect(refuseTimestamp(String(NOW_SECONDS + distance), now)).toMatchObject({ kind: 'stale' });
  });

  it('counts fractions of a second', () => {
    expect(refuseTimestamp(String(NOW_SECONDS - 300), new Date(now.getTime() + 1))).toMatchObject({ kind: 'stale' });
    expect(refuseTimestamp(String(NOW_SECONDS + 300), new Date(now.getTime() - 1))).toMatchObject({ kind: 'stale' });
  });

  it('calls milliseconds stale, for they are a time far ahead', () => {
    expect(refuseTimestamp(String(now.getTime()), now)).toMatchObject({ kind: 'stale' });
  });

  it.each([
    '',
    'hello',
    ' 1614265330',
    '1614265330 ',
    '1614265330\n',
    '+1614265330',
    '-1614265330',
    '1614265330.0',
    '1614265330,1614265330',
    '1.61426533e9',
    '0x6037b772',
    '1_614_265_330',
    '١٦١٤٢٦٥٣٣٠',
    '9'.repeat(16),
    '9'.repeat(400),
    'NaN',
    'Infinity',
  ])('calls %j no time', (text) => {
    expect(refuseTimestamp(text, now)).toMatchObject({ kind: 'invalid' });
  });

  it('takes another tolerance', () => {
    expect(refuseTimestamp(String(NOW_SECONDS - 11), now, 10)).toMatchObject({ kind: 'stale' });
    expect(refuseTimestamp(String(NOW_SECONDS - 301), now, 600)).toBeNull();
  });

  it('refuses when the clock is broken', () => {
    expect(refuseTimestamp(String(NOW_SECONDS), new Date(Number.NaN))).toMatchObject({ kind: 'stale' });
  });
});

import { describeMira } from '../support/mira';

describeMira('answers of the management interface', (mira) => {
  it('are nothing that a cache may keep, or a browser take for something else', async () => {
    const answers = [
      await mira().get('/api/v1/users'),
      await mira().post('/api/v1/webhook-endpoints', { service: 'github', name: 'x' }),
      await mira().get('/api/v1/users', { apiKey: null }),
      await mira().get('/API/v1/nowhere'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 401, 404]);
    for (const { headers } of answers) {
      expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff']);
    }
  });
});

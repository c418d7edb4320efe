import { clientErrorCode, problemResponseText } from './index';

describe('an answer without a request', () => {
  it('is a whole HTTP response with a problem in it', () => {
    const text = problemResponseText('request-timeout', 'Zu spät.', 'req-9');
    const [head = '', body = ''] = text.split('\r\n\r\n');

    expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(head).toContain('\r\nContent-Type: application/problem+json\r\n');
    expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`);
    expect(head).toMatch(/\r\nConnection: close$/);
    expect(JSON.parse(body)).toMatchObject({ status: 408, detail: 'Zu spät.', request_id: 'req-9' });
  });

  it.each([
    ['HPE_HEADER_OVERFLOW', 'headers-too-large'],
    ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'payload-too-large'],
    ['ERR_HTTP_REQUEST_TIMEOUT', 'request-timeout'],
    ['HPE_INVALID_METHOD', 'bad-request'],
    ['ECONNRESET', null],
    ['EPIPE', null],
  ])('knows the error %s as %s', (code, expected) => {
    expect(clientErrorCode(Object.assign(new Error('x'), { code }))).toBe(expected);
  });
});

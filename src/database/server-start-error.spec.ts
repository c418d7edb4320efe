import { StartError } from '../config/start-error';
import { asServerStartError, serverStartError, tooOldError } from './server-start-error';

const URL_OF_SERVER = 'postgres://mira:pa%40ss@db.example.com:5432/gateway';

function anError(code: string, message = 'whatever', more: object = {}): Error {
  return Object.assign(new Error(message), { code }, more);
}

function told(error: unknown, url = URL_OF_SERVER): string {
  return serverStartError(error, url).message;
}

describe('a database server that cannot be used', () => {
  it.each<[string, Error, RegExp]>([
    ['no such host', anError('ENOTFOUND'), /host name that leads to no address\.\nCorrect the host/],
    ['refused', anError('ECONNREFUSED'), /nothing listens there\.\nStart the server/],
    ['refused at each address', Object.assign(new AggregateError([anError('ECONNREFUSED')])), /nothing listens/],
    ['no socket', anError('ENOENT', 'connect ENOENT /run/x', { syscall: 'connect' }), /nothing listens there/],
    ['no file of a certificate', anError('ENOENT', 'no such file', { syscall: 'open' }), /URL that cannot be read/],
    ['silence', anError('', 'timeout exceeded when trying to connect'), /does not answer/],
    ['a wrong password', anError('28P01', 'password authentication failed'), /does not take the password/],
    ['no password', anError('', 'SASL: SCRAM: client password must be a string'), /does not take the password/],
    ['no such role', anError('28000', 'role "mira" does not exist'), /no user of this name/],
    ['no such database', anError('3D000', 'database "gateway" does not exist'), /no database of this name/],
    ['TLS demanded', anError('28000', 'no pg_hba.conf entry for host "::1", no encryption'), /sslmode=verify-full/],
    ['TLS demanded by a cloud', anError('28000', 'SSL connection is required'), /sslmode=verify-full/],
    ['no TLS', anError('', 'The server does not support SSL connections'), /has no TLS/],
    ['its own certificate', anError('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'), /sslrootcert/],
    ['too many', anError('53300', 'sorry, too many clients already'), /no connection left.*\n.*pool_size/],
    ['no right', anError('42501', 'permission denied for database gateway'), /does not let this user do/],
    ['anything else', anError('XX000', 'the disk burns'), /cannot be used: the disk burns\./],
  ])('is told in two lines, with its setting and no password: %s', (_case, error, like) => {
    const message = told(error);
    expect(message).toMatch(like);
    expect(message.split('\n')).toHaveLength(2);
    expect(message).toContain('database.url (MIRA_DATABASE_URL or DATABASE_URL)');
    expect(message).toContain('mira:(hidden)@db.example.com:5432/gateway');
    expect(message).not.toMatch(/pa(@|%40)ss/);
  });

  it('is not said to demand TLS when there was TLS', () => {
    const refusal = anError('28000', 'no pg_hba.conf entry for host "::1", user "mira", SSL encryption');
    expect(told(refusal, `${URL_OF_SERVER}?sslmode=verify-full`)).toMatch(/does not let this user in: .*\n.*pg_hba/);
  });

  it('is too old, in words', () => {
    expect(tooOldError(140_011, 15, URL_OF_SERVER).message).toMatch(/is PostgreSQL 14\.11\.\nMira needs PostgreSQL 15/);
  });
});

describe('a failure after the database was opened', () => {
  it('is told as that of the server where the server is away or forbids it', () => {
    expect(asServerStartError(anError('ECONNREFUSED'), URL_OF_SERVER)).toBeInstanceOf(StartError);
    expect(asServerStartError(anError('42501', 'permission denied'), URL_OF_SERVER)).toBeInstanceOf(StartError);
  });

  it('stays what it is where it has another cause, or was told already', () => {
    const [bug, known] = [new TypeError('x is undefined'), new StartError('known', { cause: anError('ENOENT') })];
    expect(asServerStartError(bug, URL_OF_SERVER)).toBe(bug);
    expect(asServerStartError(known, URL_OF_SERVER)).toBe(known);
    const embedded = anError('ECONNREFUSED');
    expect(asServerStartError(embedded, null)).toBe(embedded);
  });
});

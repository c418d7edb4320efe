import { QueryFailedError } from 'typeorm';
import { clashIn } from './user.rules';

const failed = (message: string, more: Record<string, unknown> = {}) =>
  new QueryFailedError('INSERT INTO users', [], Object.assign(new Error(message), more));

describe('what a refusal by the database means', () => {
  const TAKEN = 'duplicate key value violates unique constraint';

  it.each([
    ['as one server tells it', failed(`${TAKEN} "users_email_key"`, { constraint: 'users_email_key' })],
    ['as another server of a Citus does', failed(`${TAKEN} "users_email_key_102010"`)],
  ])('names the field that is taken, %s', (_as, error) => {
    expect(clashIn(error)).toMatchObject({ code: 'conflict', message: 'This e-mail address is taken.' });
  });

  it('is nothing to who asked where it is about something else', () => {
    expect(clashIn(failed(`${TAKEN} "api_keys_pkey"`, { constraint: 'api_keys_pkey' }))).toBeNull();
    expect(clashIn(failed('the disk is full'))).toBeNull();
    expect(clashIn(new Error(`${TAKEN} "users_email_key"`))).toBeNull();
  });
});

import { whenReachable } from './when-reachable';

const AWAY = 'away';

function aTry(failures: readonly Error[]) {
  const left = [...failures];
  return async () => {
    const failure = left.shift();
    if (failure) throw failure;
    return 'open';
  };
}

function wait(failures: readonly Error[], forMs = 10_000) {
  const lines: string[] = [];
  const isPassing = (error: unknown) => error instanceof Error && error.name === AWAY;
  const notify = (line: string) => void lines.push(line);
  return { lines, result: whenReachable(aTry(failures), { forMs, stepMs: 1, isPassing, notify }) };
}

function away(message: string): Error {
  return Object.assign(new Error(message), { name: AWAY });
}

describe('a database that is waited for', () => {
  it('is there at once, and nothing is said', async () => {
    const { result, lines } = wait([]);
    expect(await result).toBe('open');
    expect(lines).toEqual([]);
  });

  it('is tried again, and each reason is told once, by its first line', async () => {
    const { result, lines } = wait([away('Refused.\nStart it.'), away('Refused.\nStart it.'), away('Starting.')]);
    expect(await result).toBe('open');
    expect(lines).toEqual(['Refused. Trying again for up to 10 s.', 'Starting. Trying again for up to 10 s.']);
  });

  it('is not waited for where waiting does not help', async () => {
    const { result, lines } = wait([away('Refused.'), new Error('wrong password')]);
    await expect(result).rejects.toThrow('wrong password');
    expect(lines).toHaveLength(1);
  });

  it('is not waited for for ever', async () => {
    await expect(wait([away('Refused.')], 0).result).rejects.toThrow('Refused.');
  });
});

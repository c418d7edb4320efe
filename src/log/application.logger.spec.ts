import { ApplicationLogger, createLogger } from './application.logger';

describe('createLogger', () => {
  it('leaves no more behind however many are made in one process', () => {
    createLogger('silent');
    const before = process.listenerCount('exit');
    for (let made = 0; made < 20; made++) createLogger('silent');
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('gives each its own level', () => {
    expect([createLogger('warn').level, createLogger('silent').level]).toEqual(['warn', 'silent']);
  });
});

describe('ApplicationLogger', () => {
  function aLogger() {
    const lines: [string, unknown][] = [];
    const logger = createLogger('silent');
    for (const level of ['info', 'error'] as const) {
      logger[level] = (line: unknown) => void lines.push([level, line]);
    }
    return { lines, sut: new ApplicationLogger(logger) };
  }

  it('says nothing of what the framework does at every start, nor twice what is thrown as well', () => {
    const { lines, sut } = aLogger();
    sut.log('Mapped {/health, GET} route', 'RouterExplorer');
    sut.error('Error: listen EADDRINUSE', 'NestApplication');
    expect(lines).toEqual([]);
  });

  it('writes lines and messages with their context, and a stack apart', () => {
    const { lines, sut } = aLogger();
    sut.log({ msg: 'attempt', outcome: 'dead' }, 'delivery');
    sut.error('it broke', 'at somewhere', 'Part');
    expect(lines).toEqual([
      ['info', { context: 'delivery', msg: 'attempt', outcome: 'dead' }],
      ['error', { context: 'Part', msg: 'it broke', stack: 'at somewhere' }],
    ]);
  });
});

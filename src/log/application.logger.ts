import type { LoggerService } from '@nestjs/common';
import { type Logger, pino, type LevelWithSilent } from 'pino';

/** Nest tells of each module and route at every start; it is the same each time and of use to nobody in production. */
const FRAMEWORK: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** How many bytes of lines, and for how long, may wait to be written together. */
const BUFFER_BYTES = 4_096;
const FLUSH_MS = 250;

let output: ReturnType<typeof pino.destination> | undefined;

/** One for the process: each would write to the same place, and each would wait for the exit to be emptied. */
function standardOutput(): ReturnType<typeof pino.destination> {
  if (output) return output;
  const opened = pino.destination({ dest: 1, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
  process.once('exit', () => opened.flushSync());
  output = opened;
  return opened;
}

/** Structured lines on standard output. They are written in batches: a write a line would cost every request. */
export function createLogger(level: LevelWithSilent): Logger {
  // What is logged as an error is a report already, freed of what a driver hangs on it.
  return pino({ level, serializers: { err: (report: unknown) => report } }, standardOutput());
}

/** What Nest and all of Mira write to by Nest's own Logger: the message or the line first, the context last. */
export class ApplicationLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    if (!FRAMEWORK.has(rest.at(-1))) this.write('info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // That it cannot listen is also thrown, and whoever starts Mira is told in words.
    if (rest.at(-1) === 'NestApplication') return;
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    // Nest hands a stack over between the message and the context.
    const stack = rest.length > 1 ? rest[0] : undefined;
    const line = typeof message === 'object' && message !== null ? message : { msg: String(message) };
    this.logger[level]({ context, ...(typeof stack === 'string' ? { stack } : {}), ...line });
  }
}

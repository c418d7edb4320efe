import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppModule } from './app.module';
import type { MiraConfig } from './config/mira.config';
import { openDatabase } from './database/open-database';
import { asServerStartError } from './database/server-start-error';
import { Readiness } from './health/readiness';
import { HttpAdapter } from './http-adapter';
import { HttpConnections } from './http-connections';
import { prepareHttp } from './http-server';
import { listen } from './listen';
import { ApplicationLogger, createLogger } from './log/application.logger';
import { publishOpenApi } from './openapi';
import { type FirstCredentials, FirstStart } from './rbac/first-start';
import { WorkerWatch } from './webhook/delivery/queue/worker.watch';

/** A Mira that is running. */
export interface RunningMira {
  readonly app: NestExpressApplication;
  /** Where it listens, as a client on this machine reaches it. */
  readonly url: string;
  readonly embedded: boolean;
  /** Only from the start that made them. */
  readonly firstCredentials: FirstCredentials | null;
  /** Tells of a part that Mira cannot do without and that ended, or stands still. */
  onFatal(callback: (error: Error) => void): void;
  /** Takes no more, finishes what is under way, and closes everything. */
  stop(): Promise<void>;
}

/** Opens the database, builds the program and listens. Whatever fails on the way is closed again and thrown. */
export async function startMira(config: MiraConfig, notify: (line: string) => void): Promise<RunningMira> {
  const database = await openDatabase(config, notify);
  let app: NestExpressApplication | null = null;
  try {
    const logger = createLogger(config.log.level);
    const adapter = new HttpAdapter();
    app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config, database), adapter, {
      bodyParser: false,
      logger: new ApplicationLogger(logger),
      abortOnError: false,
      forceCloseConnections: false,
    });
    prepareHttp(app, adapter, config, logger);
    const connections = new HttpConnections(app.getHttpServer());
    publishOpenApi(app);
    await app.init();
    // Listening can fail, and credentials are shown once: they are made when nothing stands in the way any more.
    await listen(app, config.webhook);
    // A worker takes no request that these would be good for; a process that does makes them.
    const firstCredentials = config.role === 'worker' ? null : await app.get(FirstStart).run();
    app.get(Readiness).open();
    const running = app;
    return {
      app,
      url: localUrl(config.webhook.host, running.getHttpServer().address()),
      embedded: database.embedded !== null,
      firstCredentials,
      onFatal: (callback) => {
        database.embedded?.onUnexpectedExit(({ message }) =>
          callback(new Error(`The embedded database ended: ${message}`)),
        );
        running.get(WorkerWatch).onStandstill(callback);
      },
      stop: async () => {
        const readiness = running.get(Readiness);
        readiness.leave();
        connections.leave();
        const delayMs = config.shutdown.delay_seconds * 1_000;
        if (delayMs > 0) await sleep(delayMs);
        readiness.drain();
        connections.drain(config.shutdown.timeout_seconds * 1_000);
        try {
          await running.close();
        } finally {
          await database.close();
        }
      },
    };
  } catch (error) {
    await app?.close().catch(() => undefined);
    await database.close().catch(() => undefined);
    throw asServerStartError(error, config.database.url);
  }
}

function localUrl(host: string, address: AddressInfo | string | null): string {
  const port = typeof address === 'object' && address ? address.port : 0;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

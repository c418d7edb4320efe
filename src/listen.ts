import type { INestApplication } from '@nestjs/common';
import { isNativeError } from 'node:util/types';
import type { MiraConfig } from './config/mira.config';
import { settingName } from './config/setting-name';
import { StartError } from './config/start-error';

/** @throws StartError where the address cannot be listened on */
export async function listen(app: INestApplication, { host, port }: MiraConfig['webhook']): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw new StartError(`Mira cannot listen on ${host}, port ${port}: ${reasonOf(error, port)}`, { cause: error });
  }
}

function reasonOf(error: unknown, port: number): string {
  const code = isNativeError(error) && 'code' in error ? error.code : '';
  const [hostName, portName] = [settingName('webhook.host'), settingName('webhook.port')];
  switch (code) {
    case 'EADDRINUSE':
      return `another process does already.\nStop that one, or choose another port with ${portName}.`;
    case 'EACCES':
      return port < 1_024
        ? `this user may not use ports below 1024.\nChoose a higher one with ${portName}.`
        : `this user may not use it.\nChoose another port with ${portName}.`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return `this machine has no such address.\nGive one that it has, or 0.0.0.0 for all, with ${hostName}.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `that name leads to no address.\nGive an address of this machine, or 0.0.0.0 for all, with ${hostName}.`;
    default: {
      const message = isNativeError(error) ? error.message : String(error);
      return `${message}.\nChoose another address with ${hostName} and ${portName}.`;
    }
  }
}

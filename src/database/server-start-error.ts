import { isNativeError } from 'node:util/types';
import { settingName } from '../config/setting-name';
import { withoutPassword } from '../config/setting/database-url';
import { StartError } from '../config/start-error';
import { isDatabaseAway } from './database-away';
import { TENANT_ROLE } from './tenant.role';

const TLS_DEMANDED = /no encryption|SSL off|(ssl|tls|encrypt\w*) .*required|sslmode=require|insecure/i;
const TLS_CODES = /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/**
 * Why the configured PostgreSQL server cannot be used, for whoever set it. The server is named by its URL, which never
 * comes with the password; what the server says itself is repeated only where it says it best.
 */
export function serverStartError(error: unknown, url: string): StartError {
  const { what, advice } = diagnose(error, url);
  const server = `The PostgreSQL server of ${settingName('database.url')}, ${withoutPassword(url)},`;
  return new StartError(`${server} ${what}.\n${advice}`, { cause: error });
}

/** As {@link serverStartError}, of a failure that may have another cause; that is given back as it is. */
export function asServerStartError(error: unknown, url: string | null): unknown {
  const isServers = isDatabaseAway(error) || codeOf(error) === '42501';
  return url !== null && isServers && !(error instanceof StartError) ? serverStartError(error, url) : error;
}

/** A server that is too old would fail somewhere later, and say less. `version`: its `server_version_num`. */
export function tooOldError(version: number, minMajor: number, url: string): StartError {
  const is = `is PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`;
  const server = `The PostgreSQL server of ${settingName('database.url')}, ${withoutPassword(url)},`;
  return new StartError(`${server} ${is}.\nMira needs PostgreSQL ${minMajor} or later: upgrade it, or name another.`);
}

/** A user that may not become the role of tenants could start, and then answer nobody. */
export function tenantRoleError(cause: unknown, user: string, url: string): StartError {
  const server = `The PostgreSQL server of ${settingName('database.url')}, ${withoutPassword(url)},`;
  return new StartError(
    `${server} does not let this user be ${TENANT_ROLE}, the role that keeps tenants apart.\n` +
      "Roles are the server's and in no dump of a database. As a superuser run there once: " +
      `CREATE ROLE ${TENANT_ROLE} NOLOGIN; GRANT ${TENANT_ROLE} TO ${user}; (the first where there is no such role)`,
    { cause },
  );
}

interface Diagnosis {
  readonly what: string;
  readonly advice: string;
}

function diagnose(error: unknown, url: string): Diagnosis {
  const message = (isNativeError(error) ? error.message : String(error)).replace(/\.$/, '');
  const code = codeOf(error);
  if (code === '28P01' || message.startsWith('SASL')) {
    return {
      what: 'does not take the password of this user',
      advice: 'Correct the user and the password in the URL (characters such as @ and / are percent-encoded there).',
    };
  }
  if (code === '28000' || TLS_DEMANDED.test(message)) return refusedUser(message, url);
  if (TLS_CODES.test(code)) return untrusted(message);
  if (isNativeError(error) && 'syscall' in error && error.syscall === 'open') {
    return { what: `has a file in its URL that cannot be read: ${message}`, advice: 'Correct its path in the URL.' };
  }
  return BY_CODE[code] ?? byMessage(message);
}

const UNREACHABLE: Diagnosis = {
  what: 'does not answer',
  advice: 'Correct the host and the port in the URL, or open the network between here and there.',
};

const NOTHING_LISTENS: Diagnosis = {
  what: 'refuses the connection: nothing listens there',
  advice: 'Start the server, or correct the host and the port in the URL.',
};

const UNKNOWN_HOST: Diagnosis = {
  what: 'has a host name that leads to no address',
  advice: 'Correct the host in the URL.',
};

const BY_CODE: Readonly<Record<string, Diagnosis>> = {
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
  ECONNREFUSED: NOTHING_LISTENS,
  ENOENT: NOTHING_LISTENS,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  '3D000': {
    what: 'has no database of this name',
    advice: 'Make it there (CREATE DATABASE), or correct the name at the end of the URL.',
  },
  '53300': {
    what: 'has no connection left',
    advice: `Let it take more (max_connections), or Mira hold fewer with ${settingName('database.pool_size')}.`,
  },
  '57P03': { what: 'is starting or stopping', advice: 'Wait until it takes connections, and start again.' },
};

function refusedUser(message: string, url: string): Diagnosis {
  if (TLS_DEMANDED.test(message) && !/[?&]sslmode=(?!disable)/.test(url)) {
    return {
      what: `does not let this user in without TLS: ${message}`,
      advice:
        'Put ?sslmode=verify-full at the end of the URL, and &sslrootcert=<file> for an authority of its own. ' +
        'If TLS is not it, let its pg_hba.conf admit this user.',
    };
  }
  if (/^role .* does not exist$/.test(message)) {
    return { what: 'has no user of this name', advice: 'Make it there (CREATE ROLE … LOGIN), or correct the URL.' };
  }
  return {
    what: `does not let this user in: ${message}`,
    advice: 'Correct the URL, or the pg_hba.conf of the server.',
  };
}

function untrusted(message: string): Diagnosis {
  return {
    what: `has a certificate that is not trusted: ${message}`,
    advice: 'Name the certificate of its authority with sslrootcert=<file> in the URL, and the host as it says it.',
  };
}

function byMessage(message: string): Diagnosis {
  if (message === 'The server does not support SSL connections') {
    return { what: 'has no TLS', advice: 'Switch TLS on there, or take sslmode out of the URL.' };
  }
  if (/^permission denied|^must be (owner|superuser)/.test(message)) {
    return {
      what: `does not let this user do what Mira has to: ${message}`,
      advice: 'Let the user own the database, or give it CREATE on the database and on its schema public.',
    };
  }
  if (/timeout|Connection terminated/.test(message)) return UNREACHABLE;
  return { what: `cannot be used: ${message}`, advice: 'Correct the URL, or the server.' };
}

function codeOf(error: unknown): string {
  if (!isNativeError(error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses that failed come as one error with many.
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
  return '';
}

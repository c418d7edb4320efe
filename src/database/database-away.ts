import { isNativeError } from 'node:util/types';

/**
 * SQLSTATE classes and codes that mean "this server cannot serve now", as against "this statement is wrong": among them a
 * full disk, no memory and no connection left (53), a disk that fails (58030), and a standby where the primary was (25006).
 */
const AWAY_SQLSTATES = /^(08...|53...|57P0[0-5]|58030|25006|57014|25P03)$/;
const AWAY_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** The pg driver has no code for these. */
const AWAY_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|Cannot use a pool after calling end/;

/** True when an error says that the database is away, so that a client should simply come again. */
export function isDatabaseAway(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; isNativeError(at) && depth < 5; at = causeOf(at), depth++) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    if (AWAY_SYSTEM_CODES.has(code) || AWAY_SQLSTATES.test(code) || AWAY_MESSAGES.test(at.message)) return true;
  }
  return false;
}

/** True when two transactions stood in each other's way (a deadlock, a serialization failure): neither is at fault. */
export function isCollision(error: unknown): boolean {
  return sqlState(error).startsWith('40');
}

/** True when somebody else kept a lock for longer than this statement may wait for one. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/** True when a statement took longer than it may, or somebody cancelled it. */
export function isStatementTimeout(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/** True when the database will never take a value, as against a database that cannot take any now. */
export function isDataFault(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error));
}

function sqlState(error: unknown): string {
  return isNativeError(error) && 'code' in error ? String(error.code) : '';
}

function causeOf(error: Error): unknown {
  if ('driverError' in error && error.driverError !== error) return error.driverError;
  return error.cause;
}

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CLOCK } from './injected-clock.ts';

/**
 * Loaded before Mira (`node --import`): puts the clock of the trial in the place of the database's, which tells Mira
 * what day it is. All processes then see the midnight that the trial makes, and nothing else of them is changed.
 */
const load = createRequire(join(import.meta.dirname, '..', '..', 'dist', 'package.json'));
const { UsageClock } = load('./src/enterprise/usage/usage.clock.js') as { UsageClock: { prototype: object } };
if (!Object.getOwnPropertyDescriptor(UsageClock.prototype, 'now')?.get) throw new Error('UsageClock has no getter now');
Object.defineProperty(UsageClock.prototype, 'now', { get: () => CLOCK });

/**
 * Prints jest's own counts of a finished run as one line: N passed, N failed[, N skipped].
 *
 *   node scripts/test-counts.mjs <the file that jest wrote for --json --outputFile>
 *
 * A suite that could not even be loaded holds no counted test, so it counts as one that failed.
 */
import { readFileSync } from 'node:fs';

const run = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failed = run.numFailedTests + run.numRuntimeErrorTestSuites;
const skipped = run.numPendingTests + run.numTodoTests;

console.log(`${run.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);

/** `npm run docs:permissions`: writes who may do what into docs/security.md, as libs/access/permissions.ts declares it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { permissionTable } from '../dist/libs/access/permission-table.js';

const page = new URL('../docs/security.md', import.meta.url);
const block = /(?<=<!-- permissions -->\n)[^]*?(?=\n<!-- \/permissions -->)/;

const text = readFileSync(page, 'utf8');
if (!block.test(text)) throw new Error('docs/security.md has no block <!-- permissions -->');
writeFileSync(
  page,
  text.replace(block, () => `\n${permissionTable()}\n`),
);

import { permissionTable } from '@mira/access';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync(join(__dirname, '../../docs/security.md'), 'utf8');

describe('docs/security.md', () => {
  it('has the permissions as they are declared (npm run docs:permissions writes them there)', () => {
    const [, table] = /<!-- permissions -->\n\n([^]*?)\n\n<!-- \/permissions -->/.exec(page) ?? [];

    expect(table).toBe(permissionTable());
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scripts } from '../package.json';

const words = scripts['start:prod'].split(' ');

it('is the same with npm and in the image', () => {
  expect(scripts.start).toBe(scripts['start:prod']);
  const dockerfile = readFileSync(join(__dirname, '..', 'Dockerfile'), 'utf8');
  const [, command = ''] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  expect(JSON.parse(command)).toEqual(words);
});

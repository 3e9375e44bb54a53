// Generates libs/contracts/src/gen from proto/. With --check it fails when the committed code differs.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

const gen = 'libs/contracts/src/gen';
const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, PATH: resolve('node_modules/.bin') + delimiter + process.env.PATH },
    ...options,
  });

run('buf', ['lint'], { cwd: 'proto' });
run('buf', ['format', '-w'], { cwd: 'proto' });
rmSync(gen, { recursive: true, force: true });
run('buf', ['generate'], { cwd: 'proto' });

if (process.argv.includes('--check')) {
  const changed = execFileSync('git', ['status', '--porcelain', '--', gen, 'proto'], { encoding: 'utf8' });
  if (changed) {
    console.error(`Generated code differs from what is committed. Run "npm run generate" and commit:\n${changed}`);
    process.exit(1);
  }
}

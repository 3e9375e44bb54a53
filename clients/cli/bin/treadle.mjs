#!/usr/bin/env node
// Runs on any Node that knows modules, so that an old one is told what it lacks instead of failing in the middle.
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 11)) {
  fail(
    `treadle needs Node 24.11 or newer and runs on ${process.versions.node}. Start it as \`npx treadle\` in the checkout, which brings its own Node, or install Node 24.`,
  );
} else if (!existsSync(built)) {
  fail('treadle is not built yet. Run `npm run build` in the checkout first.');
} else {
  await import(built.href);
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}

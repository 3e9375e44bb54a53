import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Libraries of the core layer, and the few outside packages it may stand on: all of them compute and nothing else. */
const allowedPackages = [
  '@cfworker/json-schema',
  '@treadle/dify',
  '@treadle/engine',
  '@treadle/failure',
  '@treadle/nodes',
  '@treadle/workflow',
  'croner',
  'js-yaml',
  'jsonrepair',
  'minijinja-js',
  'zod',
];

/** Ways out of a computation: the clock, chance, the network, the environment, the console. */
const impureNames = new Set([
  'process',
  'console',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'crypto',
  'require',
  'globalThis',
]);
const impureCalls = new Set(['Date.now', 'Math.random']);

/** Fails unless every source below the folder (specs left out) imports only what the core may import and touches no impure global. */
export function expectPure(folder: URL): void {
  const root = fileURLToPath(folder);
  const problems = sourcesIn(root).flatMap((path) =>
    problemsIn(path, readFileSync(path, 'utf8')).map((problem) => `${relative(root, path)}: ${problem}`),
  );
  if (problems.length > 0) throw new Error(`The core must stay pure:\n${problems.join('\n')}`);
}

function sourcesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => join(root, path));
}

/** What makes one source impure, with lines. */
export function problemsIn(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const problems: string[] = [];
  const visit = (node: ts.Node): void => {
    const problem = problemOf(node);
    if (problem !== undefined)
      problems.push(`${problem} (line ${source.getLineAndCharacterOfPosition(node.getStart()).line + 1})`);
    node.forEachChild(visit);
  };
  visit(source);
  return problems;
}

function problemOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const name = node.moduleSpecifier;
    return name !== undefined && ts.isStringLiteral(name) ? problemOfImport(name.text) : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return 'imports at run time';
  if (ts.isPropertyAccessExpression(node) && impureCalls.has(node.getText())) return `uses ${node.getText()}`;
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    return 'reads the clock';
  if (ts.isIdentifier(node) && impureNames.has(node.text) && isValue(node)) return `uses ${node.text}`;
  return undefined;
}

function problemOfImport(name: string): string | undefined {
  if (name.startsWith('./') || name.startsWith('../')) return undefined;
  return allowedPackages.some((allowed) => name === allowed || name.startsWith(`${allowed}/`))
    ? undefined
    : `imports ${name}`;
}

/** Whether a name stands for a value, and not for a property of something else or a field in a type. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return (
    !(ts.isPropertyAssignment(parent) && parent.name === node) &&
    !ts.isPropertySignature(parent) &&
    !ts.isMethodSignature(parent)
  );
}

import type { MathNode } from 'mathjs';
import { errorOutcome, textOutcome } from '../../domain/outcome.js';
import type { BuiltinTool } from '../../kinds/builtin/builtin-tool.js';
import { textOf } from '../../kinds/schema/text-of.js';

const longestExpression = 2_000;
const digits = 14;

const functions = new Set(
  'abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp factorial fix floor gcd hypot lcm log log10 log2 max mean median min mod nthRoot pow round sign sin sinh sqrt square std sum tan tanh variance'.split(
    ' ',
  ),
);
const constants = new Set(['e', 'pi', 'tau', 'phi', 'true', 'false', 'Infinity', 'NaN']);

/** Calculates with the parser of mathjs. Only numbers, operators and the functions above pass: nothing that defines, loops or reaches out. */
export const calculator: BuiltinTool = {
  description:
    'Calculates an arithmetic expression exactly as written, for example (1 + 2) * 3 ^ 2 / sqrt(16). Knows + - * / ^ % mod ! comparisons, cond ? a : b, pi, e and the usual functions.',
  parameters: {
    type: 'object',
    properties: { expression: { type: 'string', minLength: 1, maxLength: longestExpression } },
    required: ['expression'],
    additionalProperties: false,
  },
  mutating: false,
  call: async ({ expression }) => {
    try {
      return textOutcome(await calculate(textOf(expression)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return errorOutcome(`The expression cannot be calculated: ${reason.slice(0, 300)} Correct it and try again.`);
    }
  },
};

async function calculate(expression: string): Promise<string> {
  const { all, create } = await import('mathjs/number');
  const math = create(all ?? {});
  const parsed = math.parse(expression);
  parsed.traverse(checkNode);
  const result: unknown = parsed.compile().evaluate({});
  if (typeof result === 'boolean') return String(result);
  if (typeof result !== 'number') throw new Error('It gives no number.');
  if (!Number.isFinite(result)) throw new Error(`It gives ${result}: too large, or divided by zero.`);
  return math.format(result, { precision: digits, lowerExp: -9, upperExp: 21 });
}

function checkNode(node: MathNode, path: string): void {
  const { type } = node;
  if (['ConstantNode', 'OperatorNode', 'ParenthesisNode', 'ConditionalNode', 'RelationalNode'].includes(type)) {
    if (type === 'ConstantNode' && typeof (node as unknown as { value: unknown }).value === 'string')
      throw new Error('Texts cannot be calculated.');
    return;
  }
  const { name } = node as unknown as { name?: unknown };
  if (type === 'FunctionNode' && typeof name === 'string' && functions.has(name)) return;
  // The name of a function is a node of its own.
  if (
    type === 'SymbolNode' &&
    typeof name === 'string' &&
    (constants.has(name) || (path === 'fn' && functions.has(name)))
  )
    return;
  throw new Error(
    `"${typeof name === 'string' && name !== '' ? name : type.replace('Node', '').toLowerCase()}" is not known here.`,
  );
}

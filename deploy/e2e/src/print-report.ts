/** Prints a report as a table with its first problems, and makes the process fail where there are any. Gives whether there are none. */
export function printReport({ problems, ...counts }: { readonly problems: readonly string[] }): boolean {
  for (const [name, value] of Object.entries<unknown>(counts)) console.log(`  ${name.padEnd(18)}${String(value)}`);
  for (const problem of problems.slice(0, 50)) console.log(`  PROBLEM ${problem}`);
  if (problems.length > 50) console.log(`  and ${problems.length - 50} more problems`);
  console.log(problems.length === 0 ? '  everything holds' : `  ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
  return problems.length === 0;
}

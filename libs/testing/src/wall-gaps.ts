/** Runs a statement for a tenant behind the wall; gives how many rows it gave or touched. */
export type AskBehindWall = (tenantId: string, statement: string) => Promise<number>;

/**
 * Where row-level security alone does not keep tenants apart. Every statement forgets to ask whose something is: tenant `b` is to see, change
 * and delete nothing of tenant `a`, which is to see its row and to be unable to give it away.
 * @param tables those in which `a` has one row, each with the column that says whose it is
 */
export async function wallGaps(
  ask: AskBehindWall,
  tables: Readonly<Record<string, 'tenant_id' | undefined>>,
): Promise<readonly string[]> {
  const gaps: string[] = [];
  const expect = async (count: number, tenantId: string, statement: string) => {
    const found = await ask(tenantId, statement);
    if (found !== count) gaps.push(`${tenantId}: ${statement}: ${found} rows instead of ${count}`);
  };
  for (const [table, owner] of Object.entries(tables)) {
    await expect(0, 'b', `select * from ${table}`);
    await expect(1, 'a', `select * from ${table}`);
    await expect(0, 'b', `delete from ${table}`);
    if (!owner) continue;
    await expect(0, 'b', `update ${table} set ${owner} = ${owner}`);
    const given = await ask('a', `update ${table} set ${owner} = 'b'`).catch(() => 0);
    if (given > 0) gaps.push(`a row of ${table} can be given to another tenant`);
  }
  return gaps;
}

/** The tables of a schema that name a tenant and are not behind the wall, as a query with one column, `name`. */
export const tablesBeforeWall = `select distinct c.table_name as name
  from information_schema.columns c join pg_class t on t.relname = c.table_name
  where c.table_schema = $1 and c.column_name = 'tenant_id' and t.relnamespace = $1::regnamespace and not t.relrowsecurity order by 1`;

import {
  BrokenChain,
  ChainWalk,
  type CheckpointKey,
  canonical,
  type ExportLine,
  hashAfter,
  openCheckpoint,
} from '@treadle/audit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuditLog } from '../src/domain/audit/audit-log.js';
import { KyselyAuditStore } from '../src/infra/audit/kysely-audit.store.js';
import { TenantDatabase } from '../src/infra/tenant-database.js';
import { chatDocument, type GatewayUnderTest, startGateway } from './gateway-under-test.js';
import { People } from './people.js';

interface Entry {
  readonly seq: number;
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly address: string; readonly agent: string };
  readonly object: { readonly kind: string; readonly id: string };
  readonly outcome: string;
  readonly request: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly details?: Record<string, unknown>;
  readonly times?: number;
}

let gateway: GatewayUnderTest;
let people: People;

beforeAll(async () => {
  gateway = await startGateway();
  people = new People(gateway);
});
afterAll(() => gateway.close());

async function entries(query = ''): Promise<Entry[]> {
  const { items } = (await people.owner().get(`/api/v1/audit?limit=100&${query}`)) as { items: Entry[] };
  return items;
}

async function exported(): Promise<ExportLine[]> {
  const text = await (await gateway.call('/api/v1/audit/export')).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportLine);
}

function verify(lines: readonly ExportLine[], keys: readonly CheckpointKey[] = []): number {
  const [first] = lines;
  if (!first || !('start' in first)) throw new Error('no start');
  const { tenant, at, checkpoints } = first.start;
  const known = keys.length === 0 ? [] : checkpoints.map((signed) => openCheckpoint(signed, tenant, keys));
  const walk = new ChainWalk(tenant, at, known);
  for (const line of lines) {
    if ('entry' in line) walk.next(line.entry, line.hash);
    if ('end' in line) return walk.end(line.end).seq;
  }
  throw new Error('no end');
}

const append = (note: object, store = auditStore()) => new AuditLog(store).append('default', { ...aNote, ...note });
const auditStore = () => new KyselyAuditStore(new TenantDatabase(gateway.pool), Date.now);
const aNote = {
  actor: { kind: 'system', id: '', address: '', agent: '' },
  action: 'thing.change',
  object: { kind: 'thing', id: '1' },
  outcome: 'done',
  request: 'r',
} as const;

it('every route that can change something says whether it is recorded, and few are not', () => {
  const changing = gateway.routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method));
  for (const { method, path, audit, access } of changing) {
    const foreign = 'openBecause' in access && /^\/(?:health|api\/docs)/.test(path);
    if (!foreign) expect(audit, `${method} ${path} needs @Audited or @NotAudited`).toBeDefined();
  }
  const silent = changing.filter(({ audit }) => audit && 'notAuditedBecause' in audit);
  expect(silent.length).toBeLessThan(changing.length / 2);
});

describe('a change', () => {
  it('is recorded with who, what, before and after, and no secret', async () => {
    const made = await people.owner().send('POST', '/api/v1/keys', { name: 'shop', scopes: ['runs:read'] });
    const { id, key } = (await made.json()) as { id: number; key: string };
    await people.owner().send('DELETE', `/api/v1/keys/${id}`);
    const [revoked, created] = await entries('kind=key');
    expect(created).toMatchObject({
      action: 'key.create',
      actor: { kind: 'key', address: '127.0.0.1' },
      object: { kind: 'key', id: String(id) },
      outcome: 'done',
      request: made.headers.get('x-request-id'),
      after: { name: 'shop', key: '[redacted]' },
    });
    expect(revoked).toMatchObject({ action: 'key.revoke', object: { id: String(id) }, before: { name: 'shop' } });
    expect(JSON.stringify(await exported())).not.toContain(key);
  });

  it('is recorded with its hash where it is a document', async () => {
    const body = JSON.stringify(chatDocument);
    const headers = { 'content-type': 'application/json' };
    const created = await gateway.call('/api/v1/workflows', { method: 'POST', body, headers });
    const { id } = (await created.json()) as { id: string };
    await gateway.call(`/api/v1/workflows/${id}/publish`, { method: 'POST', body: '{}', headers });
    expect(await entries(`object=${id}`)).toMatchObject([
      { action: 'workflow.publish', outcome: 'done', before: { published_version: null } },
      { action: 'workflow.create', outcome: 'done' },
    ]);
  });

  it('that is refused by a rule is recorded as refused', async () => {
    await people.owner().send('PUT', '/api/v1/roles/owner', { permissions: [] });
    expect((await entries('kind=role'))[0]).toMatchObject({
      action: 'role.save',
      object: { id: 'owner' },
      outcome: 'refused',
      details: { code: 'invalid_argument' },
    });
  });

  it('is not made when it cannot be recorded', async () => {
    await gateway.pool.query('alter table audit_entry rename to audit_entry_away');
    try {
      const answer = await people.owner().send('PUT', '/api/v1/roles/unrecorded', { permissions: ['runs:read'] });
      expect(answer.status).toBeGreaterThanOrEqual(500);
    } finally {
      await gateway.pool.query('alter table audit_entry_away rename to audit_entry');
    }
    expect(JSON.stringify(await people.owner().get('/api/v1/roles'))).not.toContain('unrecorded');
  });

  it('whose process died before its end counts as unknown', async () => {
    await append({ outcome: 'begun', object: { kind: 'thing', id: 'died' } });
    expect(await entries('object=died')).toMatchObject([{ outcome: 'unknown' }]);
  });
});

describe('coming in', () => {
  it('is recorded for whom it is known, good or refused, and no password is', async () => {
    const { user_id } = await people.join('ann@example.com', 'viewer');
    const signIn = (password: string) => people.post('/api/v1/auth/sign-in', { email: 'ann@example.com', password });
    expect((await signIn('the password of ann@example.com')).status).toBe(200);
    expect((await signIn('not that one')).status).toBe(401);
    const found = await entries('kind=session');
    expect(found).toMatchObject([
      { action: 'session.sign-in', outcome: 'refused', actor: { kind: 'nobody' }, details: { known_person: true } },
      { action: 'session.sign-in', outcome: 'done', actor: { kind: 'user', id: user_id } },
      { action: 'session.accept-invitation', outcome: 'done', actor: { kind: 'user', id: user_id } },
    ]);
    expect(JSON.stringify(await exported())).not.toMatch(/the password of|not that one/);
  });

  it('is not possible when it cannot be recorded', async () => {
    await people.join('ben@example.com', 'viewer');
    await gateway.pool.query('alter table audit_entry rename to audit_entry_away');
    try {
      const answer = await people.post('/api/v1/auth/sign-in', {
        email: 'ben@example.com',
        password: 'the password of ben@example.com',
      });
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(await answer.text()).not.toContain('token"');
    } finally {
      await gateway.pool.query('alter table audit_entry_away rename to audit_entry');
    }
  });

  it('is recorded where it is denied, once and then by its count', async () => {
    const { access_token, user_id } = await people.join('viewer@example.com', 'viewer');
    for (let times = 0; times < 3; times++) {
      expect((await people.as(access_token).send('GET', '/api/v1/audit')).status).toBe(403);
      expect((await people.as('tk_nobody').send('GET', '/api/v1/runs')).status).toBe(401);
    }
    expect(await entries('action=access.denied')).toMatchObject([
      { actor: { kind: 'user', id: user_id }, object: { id: 'GET /api/v1/audit' }, outcome: 'refused' },
    ]);
    expect(await entries('action=access.unknown-credential')).toMatchObject([
      { actor: { kind: 'nobody', address: '127.0.0.1' }, object: { id: 'GET /api/v1/runs' } },
    ]);
  });
});

describe('the log', () => {
  it('is an unbroken chain, also when many add to it at once, from several replicas', async () => {
    const replicas = Array.from({ length: 3 }, () => new AuditLog(auditStore()));
    const notes = Array.from({ length: 120 }, (_, at) => ({ ...aNote, object: { kind: 'thing', id: `many-${at}` } }));
    const numbers = await Promise.all(notes.map((note, at) => replicas[at % 3]!.append('default', note)));
    expect(new Set(numbers).size).toBe(120);
    const lines = await exported();
    expect(verify(lines)).toBe(lines.length - 2);
  });

  it('is exported as a table without formulas', async () => {
    await append({ details: { note: 'a "quote", and\na line' }, object: { kind: 'thing', id: '=1+1' } });
    const text = await (await gateway.call('/api/v1/audit/export?format=csv&object=%3D1%2B1')).text();
    expect(text).toMatch(/^seq,at,/);
    expect(text).toContain(`,'=1+1,`);
    expect(text).toContain('""a \\""quote');
  });

  it('pages without losing or repeating an entry', async () => {
    const seen: number[] = [];
    let cursor = '0';
    do {
      const page = (await people.owner().get(`/api/v1/audit?limit=7&cursor=${cursor}`)) as {
        items: Entry[];
        next_cursor: string | null;
      };
      seen.push(...page.items.map(({ seq }) => seq));
      cursor = page.next_cursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a));
    expect(seen.at(-1)).toBeLessThan(5);
  });

  it('cannot be changed by the service', async () => {
    for (const statement of [
      "update audit_entry set entry = '{}'",
      'delete from audit_entry',
      'truncate audit_entry',
      'delete from audit_segment',
      "insert into audit_segment (tenant_id, first_seq, last_seq, last_hash) values ('default', 1, 3, 'x')",
    ])
      if (statement !== 'delete from audit_segment')
        await expect(gateway.pool.query(statement), statement).rejects.toMatchObject({ code: '42501' });
  });

  it('shows a change that was made in the database behind its back', async () => {
    await gateway.pool.query('alter table audit_entry disable trigger user');
    const change = (entry: string) =>
      gateway.pool.query('update audit_entry set entry = $1 where tenant_id = $2 and seq = 5', [entry, 'default']);
    const { rows } = await gateway.pool.query<{ entry: string }>(
      "select entry from audit_entry where tenant_id = 'default' and seq = 5",
    );
    const before = rows[0]!.entry;
    await change(before.replace('"seq":5', '"seq":5,"times":7'));
    const lines = await exported();
    expect(() => verify(lines)).toThrow(BrokenChain);
    await change(before);
    await gateway.pool.query('alter table audit_entry enable trigger user');
    expect(verify(await exported())).toBeGreaterThan(100);
  });

  it('is held to what it was by signed checkpoints, against whoever has the database and not the key', async () => {
    const { pool } = gateway;
    const sign = () => gateway.call('/api/v1/audit/checkpoints', { method: 'POST' });
    for (let times = 0; times < 3; times++) await append({});
    expect(await sign()).toMatchObject({ status: 201 });
    const { keys } = (await people.owner().get('/api/v1/audit/checkpoints')) as { keys: CheckpointKey[] };
    const seq = verify(await exported(), keys);
    const damageOf = async () => {
      try {
        return `none up to ${verify(await exported(), keys)}`;
      } catch (error) {
        return error instanceof BrokenChain ? error.damage : error;
      }
    };
    const { rows: kept } = await pool.query('select * from audit_entry where seq >= $1 order by seq', [seq - 1]);
    const [before, last] = kept as { tenant_id: string; seq: string; hash: string; entry: string }[];
    const setHead = (point: { seq: string | number; hash: string }) =>
      pool.query('update audit_head set seq = $1, hash = $2', [point.seq, point.hash]);

    await pool.query('alter table audit_entry disable trigger user');
    await pool.query('delete from audit_entry where seq >= $1', [seq]);
    await setHead(before!);
    expect(await damageOf()).toBe('cut off');
    // And it is not signed again as it is now.
    expect((await sign()).status).toBe(500);

    const forged = { ...JSON.parse(last!.entry), action: 'thing.other' };
    const hash = hashAfter(before!.hash, forged);
    const insert = 'insert into audit_entry (tenant_id, seq, hash, entry) values ($1, $2, $3, $4)';
    await pool.query(insert, [last!.tenant_id, seq, hash, canonical(forged)]);
    await setHead({ seq, hash });
    expect(await damageOf()).toBe('rewritten');
    expect((await sign()).status).toBe(500);

    await pool.query('update audit_entry set hash = $1, entry = $2 where seq = $3', [last!.hash, last!.entry, seq]);
    await setHead(last!);
    await pool.query('alter table audit_entry enable trigger user');
    expect(await damageOf()).toBe(`none up to ${seq}`);
  });

  it('has rotations of the encryption in it, which are done beside the gateway', async () => {
    await gateway.pool.query('insert into encryption_rotation (rewrapped, lost) values (7, 0)');
    const record = vi.fn(async () => undefined);
    await auditStore().recordRotations(record);
    await auditStore().recordRotations(record);
    expect(record.mock.calls).toEqual([[{ rewrapped: 7, lost: 0 }]]);
  });

  it('retires what is old in segments, and goes on from their anchor', async () => {
    const future = new Date(Date.now() + 60_000);
    const { seq } = await auditStore().head('default');
    expect(await auditStore().retire('default', future, 50)).toBe(50);
    expect(await auditStore().retire('default', future, 10_000)).toBe(seq - 51);
    expect((await auditStore().start('default')).seq).toBe(seq - 1);
    expect(verify(await exported())).toBe(seq);
    await expect(gateway.pool.query('delete from audit_segment')).rejects.toMatchObject({ code: '42501' });
  });

  it('belongs to one organisation', async () => {
    const body = { name: 'B', owner_email: 'b@b.example' };
    const created = await people.owner().send('POST', '/api/v1/organisations', body);
    const { owner } = (await created.json()) as { owner: { invitation: { token: string } } };
    const { access_token } = await people.accept(owner.invitation.token, 'the password of b');
    const { items } = (await people.as(access_token).get('/api/v1/audit')) as { items: Entry[] };
    expect(items).toMatchObject([{ seq: 1, action: 'session.accept-invitation' }]);
  });
});

it('counts of denials are written when the gateway stops', async () => {
  const second = await startGateway(undefined, gateway.connectionString);
  await fetch(`${second.url}/api/v1/workflows`, { headers: { authorization: 'Bearer tk_other' } });
  await fetch(`${second.url}/api/v1/workflows`, { headers: { authorization: 'Bearer tk_other' } });
  await second.close();
  await vi.waitFor(async () =>
    expect((await entries('action=access.unknown-credential')).some(({ times }) => times === 1)).toBe(true),
  );
});

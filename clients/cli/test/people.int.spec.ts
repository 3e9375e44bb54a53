import { expect, it } from 'vitest';
import { treadle } from './treadle-command.js';

const key = { id: 7, name: 'shop', prefix: 'tk_abcdefg', scopes: ['runs:read'], workflow_id: null, dataset_id: null };
const made = { ...key, key: 'tk_abcdefghij', last_used_at: null, expires_at: null };
const user = { id: 'u1', email: 'ada@example.com', name: '', role: 'owner', status: 'active', last_sign_in_at: null };
const invited = { ...user, status: 'invited', invitation: { token: 'ti_once', expires_at: '2030-01-01T00:00:00Z' } };

it('creates a key, shows it once, rotates and revokes it', async () => {
  const answers = {
    'POST /api/v1/keys': () => made,
    'POST /api/v1/keys/7/rotate': () => made,
    'DELETE /api/v1/keys/7': () => ({}),
  };
  const created = await treadle(['keys', 'create', '--name', 'shop', '--scope', 'runs:read'], { answers });
  expect([created.code, created.stdout]).toEqual([0, expect.stringContaining('tk_abcdefghij')]);
  expect(JSON.parse(created.asked[0]?.body ?? '')).toEqual({ name: 'shop', scopes: ['runs:read'] });
  const rotated = await treadle(['keys', 'rotate', '7', '--overlap', '0'], { answers });
  expect(JSON.parse(rotated.asked[0]?.body ?? '')).toEqual({ overlap_seconds: 0 });
  expect((await treadle(['keys', 'revoke', '7'], { answers })).stdout).toBe('The key 7 is revoked.\n');
});

it('lets somebody in at once with a password from standard input, which is shown nowhere', async () => {
  const answers = {
    'POST /api/v1/users': () => invited,
    'POST /api/v1/auth/accept-invitation': () => ({}),
    'GET /api/v1/users/u1': () => user,
  };
  const parameters = ['users', 'create', 'ada@example.com', '--role', 'owner', '--password-stdin'];
  const { stdout, code, asked } = await treadle(parameters, { answers, input: 'a very long password\n' });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/state +active/)]);
  expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ token: 'ti_once', password: 'a very long password' });
  const short = await treadle(parameters, { answers, input: 'short' });
  expect([short.code === 0, short.asked]).toEqual([false, []]);
});

it('invites somebody and shows the invitation', async () => {
  const answers = { 'POST /api/v1/users': () => invited };
  expect((await treadle(['users', 'create', 'ada@example.com'], { answers })).stdout).toContain('ti_once');
});

it('makes a role', async () => {
  const role = { name: 'auditor', permissions: ['runs:read', 'usage:read'], built_in: false };
  const parameters = ['roles', 'save', 'auditor', '--permission', 'runs:read', 'usage:read'];
  const { stdout, asked } = await treadle(parameters, { answers: { 'PUT /api/v1/roles/auditor': () => role } });
  expect(stdout).toBe('auditor: runs:read usage:read\n');
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ permissions: role.permissions });
});

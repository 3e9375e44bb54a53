// Two organisations, each with a key, a workflow that can run and a run that can be read.

/** Three nodes that are tasks of their own and do nothing: what is measured is Treadle. */
const nodes = ['a', 'b', 'c'].map((id) => ({ id, type: 'noop', config: {} }));
const document = {
  format: 'treadle/v1',
  name: 'overload',
  nodes: [
    { id: 'start', type: 'start' },
    ...nodes,
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'result', value_selector: ['c', 'result'] }] } },
  ],
  edges: ['start', 'a', 'b', 'c'].map((source, place) => ({ source, target: ['a', 'b', 'c', 'end'][place] })),
};

/** The first organisation, and a second one that comes to be here. @returns both, ready to be asked. */
export async function twoTenants(system) {
  const first = caller(system.url, system.headers.authorization);
  const { owner } = await first('POST', '/api/v1/organisations', {
    name: 'quiet',
    owner_email: 'quiet@example.com',
  });
  const accept = { token: owner.invitation.token, password: 'a password for the bench' };
  const { access_token } = await first('POST', '/api/v1/auth/accept-invitation', accept);
  const scopes = ['runs:start', 'runs:read', 'workflows:read', 'workflows:write'];
  const made = await caller(system.url, `Bearer ${access_token}`)('POST', '/api/v1/keys', { name: 'bench', scopes });
  return {
    greedy: await ready(system.url, system.headers.authorization),
    quiet: await ready(system.url, `Bearer ${made.key}`),
  };
}

async function ready(url, authorization) {
  const call = caller(url, authorization);
  const { id } = await call('POST', '/api/v1/workflows', document);
  await call('POST', `/api/v1/workflows/${id}/publish`, {});
  const run = await call('POST', `/api/v1/workflows/${id}/runs`, { mode: 'wait' });
  const { host } = new URL(url);
  const head = `host: ${host}\r\nauthorization: ${authorization}\r\n`;
  const body = '{"mode":"wait"}';
  const sent = `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  return {
    call,
    read: { name: 'read', text: `GET /api/v1/runs/${run.id} HTTP/1.1\r\n${head}\r\n` },
    start: {
      name: 'start',
      text: `POST /api/v1/workflows/${id}/runs HTTP/1.1\r\n${head}${sent}\r\n${body}`,
      mark: '"status":"completed"',
    },
    /** Runs that were begun and have not ended. */
    unfinished: async () => {
      const { items } = await call('GET', '/api/v1/runs?status=pending,running&limit=100');
      return items.length;
    },
  };
}

function caller(url, authorization) {
  return async (method, path, body) => {
    const headers = { authorization, ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

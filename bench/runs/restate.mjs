// The peer: Restate, a durable execution engine, with a workflow of ten steps that do nothing, written with its SDK.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { answers, freePort, start, startProgram, stop } from '../children.mjs';
import { installed } from '../installed.mjs';

export const restateVersions = { '@restatedev/restate-server': '1.7.12', '@restatedev/restate-sdk': '1.17.2' };

const service = `import * as restate from '@restatedev/restate-sdk';
const steps = async (ctx) => {
  let sum = 0;
  for (let step = 0; step < 10; step += 1) sum += await ctx.run('step' + step, () => 1);
  return sum;
};
restate.serve({ services: [restate.workflow({ name: 'Steps', handlers: { run: steps } })], port: Number(process.argv[2]) });
`;

export async function startRestate(dataDir) {
  const folder = resolve('.cache/bench/restate');
  installed(folder, { private: true, type: 'module', dependencies: restateVersions });
  writeFileSync(join(folder, 'service.mjs'), service);
  const [ingress, admin, node, port] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const worker = start([join(folder, 'service.mjs'), String(port)], {
    NODE_ENV: 'production',
    RESTATE_LOGGING: 'ERROR',
  });
  const server = startProgram(binary(folder), ['--base-dir', join(dataDir, 'restate')], {
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
    RESTATE_LOG_FILTER: 'error',
    DO_NOT_TRACK: '1',
  });
  await answers(server, `http://127.0.0.1:${admin}/health`);
  const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
  await answers(server, `http://127.0.0.1:${admin}/deployments`, {
    ...init,
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  });
  let key = 0;
  const nextRequest = () => {
    key += 1;
    return { path: `/Steps/run${key}/run` };
  };
  await answers(server, `http://127.0.0.1:${ingress}/Steps/first/run`, { ...init, body: '{}' });
  return {
    name: 'restate',
    url: `http://127.0.0.1:${ingress}/Steps/x/run`,
    headers: {},
    nextRequest,
    pids: [server.pid, worker.pid],
    stop: async () => {
      await stop(server);
      await stop(worker);
    },
  };
}

/** The program itself: the script that stands before it does not hand on signals. */
const binary = (folder) =>
  join(folder, `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);

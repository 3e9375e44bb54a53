import type { Answer, Attack, Verdict } from './attack.js';
import { RawWebSocket } from './raw-web-socket.js';
import { addressFor } from './send.js';
import type { Site } from './site.js';

/** What is asked when one is opened, where it is not as usual. */
export interface Opening {
  readonly path?: string;
  readonly method?: string;
  readonly version?: string;
  /** Over those of every opening; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Opens a WebSocket under an id by which its denial is found, from an address of its own. */
export function openSocket(site: Site, id: string, opening: Opening = {}): Promise<RawWebSocket> {
  const { path = '/graphql', method = 'GET', version = 'HTTP/1.1' } = opening;
  const headers: Readonly<Record<string, string | undefined>> = {
    Host: `127.0.0.1:${site.port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'graphql-transport-ws',
    'X-Request-Id': id,
    'X-Forwarded-For': addressFor(id),
    ...opening.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return RawWebSocket.open(site.port, [`${method} ${path} ${version}`, ...lines]);
}

export const init = (credential: string) => ({
  type: 'connection_init',
  payload: { Authorization: `Bearer ${credential}` },
});

/** Opens one and shows a credential. @throws Error when it is not let in */
export async function comeIn(site: Site, id: string, credential: string): Promise<RawWebSocket> {
  const socket = await openSocket(site, id);
  socket.say(init(credential));
  if (await socket.until(() => socket.messages.length > 0, 10_000)) return socket;
  throw new Error(`A good credential was not let in: ${JSON.stringify(socket.end())}`);
}

export const subscribe = (query: unknown, more: object = {}, id: unknown = '1') => ({
  type: 'subscribe',
  id,
  payload: { query, ...more },
});

export const follow = (run: string, id: unknown = '1', more: object = {}) =>
  subscribe(
    'subscription ($id: String!, $last: String) { run_events(id: $id, last_event_id: $last) { id type data } }',
    { variables: { id: run, ...more } },
    id,
  );

/** Something that is said after one has opened, and ends it. */
export function talk(
  name: string,
  say: (socket: RawWebSocket, site: Site) => unknown,
  judge: Attack['judge'],
  opening: Opening = {},
): Attack {
  return {
    name,
    send: async (at, id) => {
      const socket = await openSocket(at, id, opening);
      if (socket.isOpen) await say(socket, at);
      await socket.until(() => !socket.isOpen, 8000);
      return socket.end();
    },
    judge,
  };
}

/** Accepts what was closed by the server with one of the codes, and gave nothing. */
export function closedWith(...codes: readonly number[]) {
  return (answer: Answer): Verdict => {
    const code = Number(answer.headers['close-code']);
    return codes.includes(code)
      ? gaveNothing(answer)
      : `closed with ${code} instead of ${codes.join(' or ')}; said ${answer.text.slice(0, 200)}`;
  };
}

/** No event came, and nobody was let in without being meant to. */
export function gaveNothing({ text }: Answer): Verdict {
  return /"type":"next","payload":\{(?!"errors")(?!"data":null)/.test(text) ? `gives ${text.slice(0, 300)}` : undefined;
}

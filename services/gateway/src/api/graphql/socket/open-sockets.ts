import type { WebSocket } from '@fastify/websocket';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { CloseCode, type Server } from 'graphql-ws';
import type { Caller } from '../../../domain/access/caller.js';
import type { OpenCredentials } from '../../../domain/access/open-credentials.js';
import { putCaller } from '../../auth/authenticate.js';
import { callerOf } from '../../auth/caller-of.js';
import { readJson } from '../../server/read-json.js';

/** A socket that was let in. */
interface Watched {
  readonly request: FastifyRequest;
  readonly credential: string;
  /** How many subscriptions it has. */
  readonly subscriptions: () => number;
}

interface State {
  watched?: Watched;
  usedAt: number;
  answered: boolean;
  pingedAt: number;
  /** Called when it has closed. */
  letGo?: () => void;
}

const maxSockets = 2000;
const maxOfTenant = 200;
const lookEveryMs = 500;
const pingEveryMs = 15_000;
/** A connection without a subscription is let go after this. */
const idleMs = 60_000;
/** Somebody who sends and does not read is let go when this much waits for them. */
const maxWaitingBytes = 4 * 1024 * 1024;
const closingMs = 1000;
const permissionsTaken = 'Permissions were taken away: connect again';

/** What is told of a socket. */
export interface SocketTrouble {
  bug(error: unknown): void;
  /** Once: its protocol ends it with this code. */
  refused(code: number): void;
}

/** Keeps open WebSockets few and alive, and those of callers who may still come in. */
export class OpenSockets {
  private readonly sockets = new Map<WebSocket, State>();
  private looking: NodeJS.Timeout | undefined;

  constructor(private readonly credentials: OpenCredentials) {}

  /** Connects a socket with the server of the protocol. */
  serve<Extra>(server: Server<Extra>, socket: WebSocket, extra: Extra, trouble: SocketTrouble): void {
    if (this.sockets.size >= maxSockets) return socket.close(1013, 'Try again later');
    const state: State = { usedAt: Date.now(), answered: true, pingedAt: Date.now() };
    this.sockets.set(socket, state);
    this.looking ??= setInterval(() => this.look(Date.now()), lookEveryMs).unref();
    const broken = (error: unknown) => {
      trouble.bug(error);
      socket.close(CloseCode.InternalServerError, 'Something went wrong on our side');
    };
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code = 1000, reason = '') => {
          if (socket.readyState !== socket.OPEN) return;
          trouble.refused(code);
          socket.close(code, reasonOf(code, reason));
        },
        onMessage: (take) =>
          socket.addEventListener('message', ({ data }) => {
            if (socket.readyState !== socket.OPEN) return;
            if (typeof data !== 'string') socket.close(CloseCode.BadRequest, 'Send text');
            else if (isBenign(data)) void take(data).catch(broken);
            else socket.close(CloseCode.BadRequest, 'Invalid message received');
          }),
      },
      extra,
    );
    socket.on('pong', () => {
      state.answered = true;
    });
    socket.once('close', (code, reason) => {
      this.sockets.delete(socket);
      state.letGo?.();
      if (this.sockets.size === 0) this.rest();
      void closed(code, String(reason)).catch((error: unknown) => trouble.bug(error));
    });
  }

  /** Lets a socket stay as long as its credential is good; false when its organisation has too many. */
  watch(socket: WebSocket, watched: Watched): boolean {
    const state = this.sockets.get(socket);
    if (!state) return false;
    const { tenantId } = watched.request;
    const ofTenant = [...this.sockets.values()].filter((other) => other.watched?.request.tenantId === tenantId);
    if (ofTenant.length >= maxOfTenant) {
      socket.close(1013, 'Too many connections');
      return false;
    }
    state.watched = watched;
    state.letGo = this.credentials.hold(watched.credential, {
      allow: (caller) => keep(caller, watched.request),
      end: ({ code }) => {
        if (code === 'unauthenticated') socket.close(CloseCode.Unauthorized, 'The credential has ended');
        else socket.close(CloseCode.Forbidden, permissionsTaken);
      },
    });
    return true;
  }

  /** Ends all; their readers come back to another server. */
  async stop(): Promise<void> {
    this.rest();
    const open = [...this.sockets.keys()];
    const gone = Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    for (const socket of open) socket.close(1001, 'The server is stopping');
    const hurry = setTimeout(() => {
      for (const socket of open) socket.terminate();
    }, closingMs);
    await gone;
    clearTimeout(hurry);
  }

  private rest(): void {
    clearInterval(this.looking);
    this.looking = undefined;
  }

  private look(now: number): void {
    for (const [socket, state] of this.sockets) {
      if (now >= state.pingedAt + pingEveryMs) this.ping(socket, state, now);
      if (!state.watched) continue;
      if (state.watched.subscriptions() > 0) state.usedAt = now;
      if (now >= state.usedAt + idleMs) socket.close(1000, 'Nothing was asked for');
    }
  }

  private ping(socket: WebSocket, state: State, now: number): void {
    if (!state.answered) return socket.terminate();
    state.answered = false;
    state.pingedAt = now;
    socket.ping();
  }
}

/** Messages of servers; the server of the protocol takes them for a mistake of its own. */
const ofServers: ReadonlySet<unknown> = new Set(['connection_ack', 'error', 'next']);

/** Whether a message is one of a client, and JSON that a body of a request might be as well. */
function isBenign(text: string): boolean {
  try {
    const message = readJson(text) as { readonly type?: unknown } | null;
    return !ofServers.has(message?.type);
  } catch (error) {
    if (error instanceof FailureError) return false;
    throw error;
  }
}

const alreadyThere: number = CloseCode.SubscriberAlreadyExists;

/** The protocol's own words repeat an id, however long, and a reason is short. */
function reasonOf(code: number, reason: string): string {
  return code === alreadyThere ? 'There is a subscription of this id already' : reason;
}

/** @throws FailureError `permission_denied` when a caller may not do any more all that it might before. */
function keep(caller: Caller, request: FastifyRequest): void {
  if (!holds(caller, callerOf(request))) throw FailureError.of('permission_denied', permissionsTaken);
  putCaller(caller, request);
}

/** Whether a caller may still do all that it might before. */
function holds(now: Caller, before: Caller): boolean {
  if (now === before) return true;
  const { bound } = before;
  return (
    JSON.stringify(now.bound) === JSON.stringify(bound) &&
    [...before.permissions].every((one) => now.permissions.has(one))
  );
}

/** Resolves when the text has left, so that a slow reader holds back its own subscriptions. */
function send(socket: WebSocket, text: string): Promise<void> {
  if (socket.bufferedAmount > maxWaitingBytes) socket.terminate();
  return new Promise((resolve) => {
    if (socket.readyState === socket.OPEN) socket.send(text, () => resolve());
    else resolve();
  });
}

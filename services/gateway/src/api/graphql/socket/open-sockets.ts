import type { WebSocket } from '@fastify/websocket';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { CloseCode, type Server } from 'graphql-ws';
import type { Caller } from '../../../domain/access/caller.js';
import type { Credentials } from '../../../domain/access/credentials.js';
import { putCaller } from '../../auth/authenticate.js';
import { callerOf } from '../../auth/caller-of.js';

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
  looking: boolean;
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

/** Keeps open WebSockets few and alive, and those of callers who may still come in. */
export class OpenSockets {
  private readonly sockets = new Map<WebSocket, State>();
  private looking: NodeJS.Timeout | undefined;

  constructor(private readonly credentials: Credentials) {}

  /** Connects a socket with the server of the protocol. */
  serve<Extra>(server: Server<Extra>, socket: WebSocket, extra: Extra, onBug: (error: unknown) => void): void {
    if (this.sockets.size >= maxSockets) return socket.close(1013, 'Try again later');
    const state: State = { usedAt: Date.now(), answered: true, pingedAt: Date.now(), looking: false };
    this.sockets.set(socket, state);
    this.looking ??= setInterval(() => this.look(Date.now()), lookEveryMs).unref();
    const broken = (error: unknown) => {
      onBug(error);
      socket.close(CloseCode.InternalServerError, 'Something went wrong on our side');
    };
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) =>
          socket.addEventListener('message', ({ data }) => {
            if (typeof data === 'string') void take(data).catch(broken);
            else socket.close(CloseCode.BadRequest, 'Send text');
          }),
      },
      extra,
    );
    socket.on('pong', () => {
      state.answered = true;
    });
    socket.once('close', (code, reason) => {
      this.sockets.delete(socket);
      if (this.sockets.size === 0) this.rest();
      void closed(code, String(reason)).catch(onBug);
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
      if (!state.looking) void this.askAgain(socket, state, state.watched);
    }
  }

  private ping(socket: WebSocket, state: State, now: number): void {
    if (!state.answered) return socket.terminate();
    state.answered = false;
    state.pingedAt = now;
    socket.ping();
  }

  /** As old as what requests believe of a credential, and no older. */
  private async askAgain(socket: WebSocket, state: State, { credential, request }: Watched): Promise<void> {
    state.looking = true;
    try {
      const caller = this.credentials.known(credential) ?? (await this.credentials.find(credential));
      if (holds(caller, callerOf(request))) putCaller(caller, request);
      else socket.close(CloseCode.Forbidden, 'Permissions were taken away: connect again');
    } catch (error) {
      const isOver = error instanceof FailureError && error.failure.code === 'unauthenticated';
      if (isOver) socket.close(CloseCode.Unauthorized, 'The credential has ended');
    } finally {
      state.looking = false;
    }
  }
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

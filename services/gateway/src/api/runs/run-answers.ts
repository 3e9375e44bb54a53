import type { Run } from '@treadle/contracts';
import type { FastifyReply } from 'fastify';
import type { OpenApproval } from '../approvals/approval-links.js';
import { runJson } from './run.view.js';

const jsonType = 'application/json; charset=utf-8';

export function runPath(run: Run): string {
  return `/api/v1/runs/${run.id}`;
}

/** @param approvals what the run waits for people to answer */
export function answerRun(reply: FastifyReply, run: Run, approvals: readonly OpenApproval[] = []): void {
  void reply.type(jsonType).send(runJson(run, approvals));
}

/** The run goes on; its address is where to ask for it. */
export function answerAccepted(reply: FastifyReply, run: Run): void {
  void reply.status(202).header('location', runPath(run)).type(jsonType).send(runJson(run));
}

export function answerJson(reply: FastifyReply, json: string): void {
  void reply.type(jsonType).send(json);
}

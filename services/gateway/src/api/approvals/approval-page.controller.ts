import { Controller, Get, HttpStatus, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Approval } from '@treadle/contracts';
import { type Failure, FailureError } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Approvals } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Open, routeConfig } from '../auth/access.js';
import { httpStatus } from '../errors/http-status.js';
import { APPROVALS } from '../tokens.js';
import { formOf } from './approval.view.js';
import { approvalPage, type Draft, messagePage, pagePolicy } from './approval-page.js';

/** The page behind the link of an approval: for people, without a script, and without any key beside the token in its address. */
@ApiExcludeController()
@Controller('approvals')
export class ApprovalPageController {
  constructor(@Inject(APPROVALS) private readonly approvals: Approvals) {}

  @Get(':token')
  @Open('the token in the address is the credential')
  async show(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    await answerFailures(reply, async () => {
      answerPage(reply, HttpStatus.OK, approvalPage(await this.find(token)));
    });
  }

  @Post(':token')
  @Open('the token in the address is the credential')
  @Audited('approval', 'answer')
  @routeConfig({ rawText: true })
  async answer(
    @Param('token') token: string,
    @Req() { body }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerFailures(reply, async () => {
      const approval = await this.find(token);
      const given = readAnswer(approval, typeof body === 'string' ? body : '');
      const { action, by, values } = given;
      try {
        await this.approvals.answerApproval({ token, action, by, valuesJson: JSON.stringify(values) });
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
        return await this.showAgain(reply, token, { values, by, problem: error.message }, error.failure);
      }
      // Whoever reloads the page does not answer again.
      void reply.status(HttpStatus.SEE_OTHER).header('location', `./${token}`).send();
    });
  }

  /** What was written stays, unless somebody else was faster: then the page says who. */
  private async showAgain(reply: FastifyReply, token: string, draft: Draft, failed: Failure): Promise<void> {
    answerPage(reply, httpStatus(failed), approvalPage(await this.find(token), draft));
  }

  private async find(token: string): Promise<Approval> {
    const { approval } = await this.approvals.getApproval({ token });
    if (!approval) throw FailureError.of('internal', 'The orchestrator answered without the approval.');
    return approval;
  }
}

/** A select without a choice is left out, so that it takes its default. */
function readAnswer(approval: Approval, body: string): { action: string; by: string; values: JsonObject } {
  const sent = new URLSearchParams(body);
  const given = formOf(approval).fields.flatMap(({ name, type }) => {
    const text = sent.get(`values.${name}`);
    return text === null || (type === 'select' && text === '') ? [] : [[name, lineBreaks(text)] as const];
  });
  const by = (sent.get('by') ?? '').trim().slice(0, 200);
  return { action: sent.get('action') ?? '', by, values: Object.fromEntries(given) };
}

/** Forms are sent with the line breaks of a mail. */
function lineBreaks(text: string): string {
  return text.replace(/\r\n/g, '\n');
}

async function answerFailures(reply: FastifyReply, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const status = httpStatus(error.failure);
    answerPage(reply, status, messagePage(status === 404 ? 'Not found' : 'Not now', error.message));
  }
}

function answerPage(reply: FastifyReply, status: number, html: string): void {
  void reply
    .status(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
      // The address holds the token: it is told to nobody and kept nowhere.
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .send(html);
}

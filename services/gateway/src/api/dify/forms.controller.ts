import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Approval } from '@treadle/contracts';
import type { FastifyRequest } from 'fastify';
import type { Approvals } from '../../domain/ports.js';
import { formOf } from '../approvals/approval.view.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { APPROVALS } from '../tokens.js';
import { appOf } from './app.js';
import { difyErrorSchema } from './dify.schemas.js';
import { difyFailure } from './dify-error.js';
import { formDefinitionSchema, type SubmitFormBody, submitFormSchema } from './form.schemas.js';
import { formView } from './form.view.js';

/** What runs of the app ask people. */
@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/form/human_input')
export class DifyFormsController {
  constructor(@Inject(APPROVALS) private readonly approvals: Approvals) {}

  @Get(':token')
  @Requires('approvals:answer', 'the app of the key')
  @ApiOperation({ summary: 'What is asked' })
  @ApiResponse({ status: 200, standardSchema: formDefinitionSchema })
  async show(@Req() http: FastifyRequest, @Param('token') token: string) {
    const approval = await this.find(http, token);
    return formView(formOf(approval), approval.dueUnixMs || undefined);
  }

  @Post(':token')
  @Requires('approvals:answer', 'the app of the key')
  @Audited('approval', 'answer')
  @HttpCode(200)
  @ApiOperation({ summary: 'Answer, and the run goes on' })
  @ApiResponse({ status: 200, schema: { type: 'object' } })
  async submit(
    @Req() http: FastifyRequest,
    @Param('token') token: string,
    @Body({ schema: submitFormSchema }) { inputs, action, user }: SubmitFormBody,
  ): Promise<object> {
    await this.find(http, token);
    await this.approvals.answerApproval({ token, action, by: user, valuesJson: JSON.stringify(inputs) });
    return {};
  }

  /** @throws FailureError `not_found` for what another app asks, Dify's codes for what is over */
  private async find(http: FastifyRequest, token: string): Promise<Approval> {
    const { workflowId } = appOf(http);
    const { approval } = await this.approvals.getApproval({ token });
    if (approval?.workflowId !== workflowId) throw difyFailure('not_found', 'There is no such form.');
    if (approval.status === 'answered')
      throw difyFailure('human_input_form_submitted', 'Somebody has answered this form already.');
    if (approval.status !== 'pending')
      throw difyFailure('human_input_form_expired', 'This form is not asked any more.');
    return approval;
  }
}

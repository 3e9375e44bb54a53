import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { ModelAdmin } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { MODEL_ADMIN } from '../tokens.js';
import {
  budgetPageSchema,
  budgetSchema,
  type ListQuery,
  listSchema,
  type SaveBudgetBody,
  saveBudgetSchema,
} from './model.schemas.js';
import { budgetView } from './model.view.js';

@ApiTags('models')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/models/budgets')
export class BudgetsController {
  constructor(@Inject(MODEL_ADMIN) private readonly admin: ModelAdmin) {}

  @Get()
  @Requires('models:read')
  @ApiOperation({ summary: 'List budgets and how full they are' })
  @ApiResponse({ status: 200, standardSchema: budgetPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listSchema }) page: ListQuery) {
    const { budgets, nextCursor } = await this.admin.listBudgets({ tenantId, ...page });
    return { items: budgets.map(budgetView), next_cursor: nextCursor || null };
  }

  @Put(':name')
  @Requires('models:manage')
  @Audited('budget', 'save')
  @ApiOperation({ summary: 'Save a budget; what was spent stays counted' })
  @ApiResponse({ status: 200, standardSchema: budgetSchema })
  async save(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: saveBudgetSchema }) body: SaveBudgetBody,
  ) {
    const { scope, subject, period, limit_usd: limitUsd, limit_tokens: limitTokens, thresholds } = body;
    const asked = { name, scope, subject, period, limitUsd, limitTokens, thresholds, state: undefined };
    const { budget = asked } = await this.admin.saveBudget({ tenantId, budget: asked });
    return budgetView(budget);
  }

  @Delete(':name')
  @Requires('models:manage')
  @Audited('budget', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a budget and what it counted' })
  async remove(@Req() { tenantId }: FastifyRequest, @Param('name') name: string): Promise<void> {
    await this.admin.deleteBudget({ tenantId, name });
  }
}

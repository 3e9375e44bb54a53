import { Body, Controller, Delete, Get, HttpCode, Param, Put, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Permission } from '../../domain/access/permissions.js';
import { Roles } from '../../domain/people/role-book.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { callerOf } from '../auth/caller-of.js';
import { errorSchema } from '../errors/error-body.js';
import { schemaFailure } from '../errors/schema-failure.js';
import { roleListSchema, roleNameSchema, roleSchema, saveRoleSchema } from './people.schemas.js';
import { roleView } from './people.view.js';

@ApiTags('people')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/roles')
export class RolesController {
  constructor(private readonly roles: Roles) {}

  @Get()
  @Requires('organisation:read')
  @ApiOperation({ summary: 'List roles: those that are built in, then the own ones' })
  @ApiResponse({ status: 200, standardSchema: roleListSchema })
  async list(@Req() { tenantId }: FastifyRequest) {
    return { items: (await this.roles.list(tenantId)).map(roleView) };
  }

  @Put(':name')
  @Requires('roles:manage')
  @Audited('role', 'save')
  @ApiOperation({ summary: 'Create or change a role; who has it has the new permissions within five seconds' })
  @ApiResponse({ status: 200, standardSchema: roleSchema })
  async save(
    @Req() request: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: saveRoleSchema }) { permissions }: { permissions: Permission[] },
  ) {
    const checked = roleNameSchema.safeParse(name);
    if (!checked.success) throw schemaFailure(checked.error.issues.map((issue) => ({ ...issue, path: ['name'] })));
    return roleView(await this.roles.save(callerOf(request), name, permissions));
  }

  @Delete(':name')
  @Requires('roles:manage')
  @Audited('role', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a role that nobody has' })
  async remove(@Req() request: FastifyRequest, @Param('name') name: string): Promise<void> {
    await this.roles.remove(callerOf(request), name);
  }
}

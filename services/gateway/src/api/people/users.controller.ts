import { Body, Controller, Delete, Get, Header, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Users } from '../../domain/people/users.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { callerOf } from '../auth/caller-of.js';
import { errorSchema } from '../errors/error-body.js';
import {
  type ChangeUserBody,
  changeUserSchema,
  type InviteUserBody,
  invitedUserSchema,
  inviteUserSchema,
  type ListUsersQuery,
  listUsersSchema,
  userPageSchema,
  userSchema,
} from './people.schemas.js';
import { invitedView, userView } from './people.view.js';

@ApiTags('people')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/users')
export class UsersController {
  constructor(private readonly users: Users) {}

  @Get()
  @Requires('users:read')
  @ApiOperation({ summary: 'List the people of the organisation, by e-mail address' })
  @ApiResponse({ status: 200, standardSchema: userPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listUsersSchema }) query: ListUsersQuery) {
    const { cursor, limit } = query;
    const found = await this.users.store.list(tenantId, cursor, limit + 1);
    const items = found.slice(0, limit);
    return { items: items.map(userView), next_cursor: found.length > limit ? (items.at(-1)?.email ?? null) : null };
  }

  @Post()
  @Requires('users:manage')
  @Audited('user', 'invite')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Invite somebody',
    description: 'Give them the token: with it they choose a password at POST /api/v1/auth/accept-invitation.',
  })
  @ApiResponse({ status: 201, standardSchema: invitedUserSchema })
  async invite(@Req() request: FastifyRequest, @Body({ schema: inviteUserSchema }) body: InviteUserBody) {
    return invitedView(await this.users.invite(callerOf(request), body.email, body.name, body.role));
  }

  @Get(':id')
  @Requires('users:read')
  @ApiOperation({ summary: 'One person' })
  @ApiResponse({ status: 200, standardSchema: userSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('id') id: string) {
    return userView(await this.users.get(tenantId, id));
  }

  @Patch(':id')
  @Requires('users:manage')
  @Audited('user', 'change')
  @ApiOperation({ summary: 'Give somebody another role, shut them out or let them in again' })
  @ApiResponse({ status: 200, standardSchema: userSchema })
  async change(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Body({ schema: changeUserSchema }) body: ChangeUserBody,
  ) {
    return userView(await this.users.change(callerOf(request), id, body));
  }

  @Delete(':id')
  @Requires('users:manage')
  @Audited('user', 'remove')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove somebody from the organisation' })
  async remove(@Req() request: FastifyRequest, @Param('id') id: string): Promise<void> {
    await this.users.remove(callerOf(request), id);
  }

  @Post(':id/invitation')
  @Requires('users:manage')
  @Audited('user', 'invite-again')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Invite somebody again, or let them set a new password' })
  @ApiResponse({ status: 201, standardSchema: invitedUserSchema })
  async inviteAgain(@Req() request: FastifyRequest, @Param('id') id: string) {
    return invitedView(await this.users.inviteAgain(callerOf(request), id));
  }
}

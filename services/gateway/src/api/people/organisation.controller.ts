import { Body, Controller, Get, Header, Patch, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ownerPermissions } from '../../domain/access/roles.js';
import { Organisations } from '../../domain/people/organisations.js';
import { Users } from '../../domain/people/users.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { callerOf } from '../auth/caller-of.js';
import { errorSchema } from '../errors/error-body.js';
import {
  type CreateOrganisationBody,
  createdOrganisationSchema,
  createOrganisationSchema,
  organisationSchema,
  renameOrganisationSchema,
} from './people.schemas.js';
import { invitedView, organisationView } from './people.view.js';

@ApiTags('people')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1')
export class OrganisationController {
  constructor(
    private readonly organisations: Organisations,
    private readonly users: Users,
  ) {}

  @Get('organisation')
  @Requires('organisation:read')
  @ApiOperation({ summary: 'The organisation of the caller' })
  @ApiResponse({ status: 200, standardSchema: organisationSchema })
  async get(@Req() { tenantId }: FastifyRequest) {
    return organisationView(await this.organisations.get(tenantId));
  }

  @Patch('organisation')
  @Requires('organisation:manage')
  @Audited('organisation', 'rename')
  @ApiOperation({ summary: 'Rename the organisation' })
  @ApiResponse({ status: 200, standardSchema: organisationSchema })
  async rename(
    @Req() { tenantId }: FastifyRequest,
    @Body({ schema: renameOrganisationSchema }) { name }: { name: string },
  ) {
    return organisationView(await this.organisations.rename(tenantId, name));
  }

  @Post('organisations')
  @Requires('installation:manage')
  @Audited('organisation', 'create')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Create an organisation and invite its first owner' })
  @ApiResponse({ status: 201, standardSchema: createdOrganisationSchema })
  async create(
    @Req() request: FastifyRequest,
    @Body({ schema: createOrganisationSchema }) { name, owner_email }: CreateOrganisationBody,
  ) {
    const organisation = await this.organisations.create(name);
    // On behalf of the new organisation, which has nobody yet who could invite.
    const caller = { ...callerOf(request), tenantId: organisation.id, permissions: ownerPermissions(organisation.id) };
    const owner = await this.users.invite(caller, owner_email, '', 'owner');
    return { ...organisationView(organisation), owner: invitedView(owner) };
  }
}

import { Body, Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { accessSeconds, type Device, Sessions, type TokenPair } from '../../domain/people/sessions.js';
import { SignIn } from '../../domain/people/sign-in.js';
import { Users } from '../../domain/people/users.js';
import { Audited, NotAudited } from '../audit/audited.js';
import { errorSchema } from '../errors/error-body.js';
import { Open } from './access.js';
import {
  type AcceptInvitationBody,
  acceptInvitationSchema,
  refreshSchema,
  type SignInBody,
  signInSchema,
  tokensSchema,
} from './auth.schemas.js';

const noStore = ['cache-control', 'no-store'] as const;

/** Where people show who they are, and get an access token for it. */
@ApiTags('sign-in')
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/auth')
export class SignInController {
  constructor(
    private readonly people: SignIn,
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  @Post('sign-in')
  @Open('the password is the credential')
  @Audited('session', 'sign-in')
  @HttpCode(200)
  @Header(...noStore)
  @ApiOperation({ summary: 'Sign in with e-mail address and password' })
  @ApiResponse({ status: 200, standardSchema: tokensSchema })
  async signIn(@Req() request: FastifyRequest, @Body({ schema: signInSchema }) body: SignInBody) {
    return tokensView(await this.people.byPassword(body, deviceOf(request)));
  }

  @Post('refresh')
  @Open('the refresh token is the credential')
  @NotAudited('renews what a recorded sign-in began; a refused one is a recorded denial')
  @HttpCode(200)
  @Header(...noStore)
  @ApiOperation({
    summary: 'A new pair of tokens for a refresh token',
    description:
      'Each refresh token is good once. If one comes a second time, its session ends for everybody who has part in it.',
  })
  @ApiResponse({ status: 200, standardSchema: tokensSchema })
  async refresh(@Body({ schema: refreshSchema }) { refresh_token }: { refresh_token: string }) {
    return tokensView(await this.sessions.refresh(refresh_token));
  }

  @Post('accept-invitation')
  @Open('the token of the invitation is the credential')
  @Audited('session', 'accept-invitation')
  @HttpCode(200)
  @Header(...noStore)
  @ApiOperation({ summary: 'Come in by an invitation, or set a new password by one' })
  @ApiResponse({ status: 200, standardSchema: tokensSchema })
  async accept(
    @Req() request: FastifyRequest,
    @Body({ schema: acceptInvitationSchema }) { token, password }: AcceptInvitationBody,
  ) {
    return tokensView(await this.users.accept(token, password, deviceOf(request)));
  }
}

export function deviceOf({ ip, headers }: FastifyRequest): Device {
  return { address: ip, agent: headers['user-agent'] ?? '' };
}

export function tokensView({ accessToken, refreshToken, member }: TokenPair) {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: accessSeconds,
    refresh_token: refreshToken,
    user_id: member.userId,
    organisation: member.tenantId,
  };
}

/** The person who asks. @throws FailureError `invalid_argument` for an API key, which has no sessions and no password. */
export function personOf({ caller }: FastifyRequest) {
  if (caller && 'userId' in caller.by) return { tenantId: caller.tenantId, ...caller.by };
  throw FailureError.of('invalid_argument', 'An API key has no session and no password. Sign in as a person for this.');
}

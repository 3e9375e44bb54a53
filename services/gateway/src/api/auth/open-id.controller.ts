import { Body, Controller, Get, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { OpenIdSignIn } from '../../domain/people/open-id.js';
import { Audited, NotAudited } from '../audit/audited.js';
import { errorSchema } from '../errors/error-body.js';
import { OPEN_ID, PUBLISHED_KEYS } from '../tokens.js';
import { Open } from './access.js';
import {
  beginOpenIdSchema,
  begunOpenIdSchema,
  type FinishOpenIdBody,
  finishOpenIdSchema,
  tokensSchema,
} from './auth.schemas.js';
import { deviceOf, tokensView } from './sign-in.controller.js';

/** Signing in where one's account is elsewhere; and the keys by which others know our tokens. */
@ApiTags('sign-in')
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller()
export class OpenIdController {
  constructor(
    @Inject(OPEN_ID) private readonly openId: OpenIdSignIn | null,
    @Inject(PUBLISHED_KEYS) private readonly publishedKeys: () => Promise<readonly object[]>,
  ) {}

  @Post('api/v1/auth/open-id/begin')
  @Open('begins a sign-in and tells nothing')
  @NotAudited('nobody is let in yet')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Begin to sign in with OpenID Connect' })
  @ApiResponse({ status: 200, standardSchema: begunOpenIdSchema })
  async begin(@Body({ schema: beginOpenIdSchema }) { redirect_uri }: { redirect_uri: string }) {
    const { url, binder } = await this.configured().begin(redirect_uri);
    return { authorization_url: url, binder };
  }

  @Post('api/v1/auth/open-id/finish')
  @Open('the answer of the provider is the credential')
  @Audited('session', 'sign-in')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Finish: what the provider sent back with the browser, and the binder' })
  @ApiResponse({ status: 200, standardSchema: tokensSchema })
  async finish(@Req() request: FastifyRequest, @Body({ schema: finishOpenIdSchema }) body: FinishOpenIdBody) {
    const { state, binder, code, iss } = body;
    return tokensView(await this.configured().finish(state, binder, { code, iss }, deviceOf(request)));
  }

  @Get('.well-known/jwks.json')
  @Open('public keys are public')
  @ApiExcludeEndpoint()
  @Header('cache-control', 'public, max-age=300')
  async keys() {
    return { keys: await this.publishedKeys() };
  }

  private configured(): OpenIdSignIn {
    if (this.openId) return this.openId;
    throw FailureError.of('not_found', 'OpenID Connect is not set up here: TREADLE_OPENID_ISSUER names a provider.');
  }
}

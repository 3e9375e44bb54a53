import type { Type } from '@nestjs/common';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { BoundAccess } from '../../domain/access/bound-access.js';
import { mayUse } from '../auth/authenticate.js';
import { callerOf } from '../auth/caller-of.js';
import { readBody } from '../errors/schema-failure.js';
import type { RestField } from './rest-field.js';

/** What all fields of one request share. */
export interface GraphqlContext {
  readonly request: FastifyRequest;
  /** What was asked already: the same thing is read once, however often it stands in the answer. */
  readonly asked: Map<string, Promise<unknown>>;
}

/** What a field is asked for, as it came. */
export interface GivenValues {
  readonly ids: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
}

/** As in the addresses of the REST API. */
const maxIdLength = 300;

/** Asks the handlers of the REST API, each as its route would be asked: the caller's permission, what a bound key is for, the schema of the query. */
export class FieldReader {
  constructor(
    private readonly bounds: BoundAccess,
    private readonly instance: (controller: Type) => object,
  ) {}

  /** @throws FailureError as the route does. */
  read(field: RestField, given: GivenValues, { request, asked }: GraphqlContext): Promise<unknown> {
    const key = JSON.stringify([field.controller.name, field.route, given]);
    const known = asked.get(key) ?? this.ask(field, given, request);
    asked.set(key, known);
    return known;
  }

  /** @throws FailureError `permission_denied`, `not_found` */
  private async allow(
    { access }: RestField,
    { ids, query }: GivenValues,
    request: FastifyRequest,
  ): Promise<GivenValues> {
    for (const [name, id] of Object.entries(ids)) if (id.length > maxIdLength) throw tooLong(name);
    const asked = { params: ids, query: { ...query } };
    await mayUse(callerOf(request), this.bounds, access, asked);
    return { ids, query: asked.query };
  }

  private async ask(field: RestField, given: GivenValues, request: FastifyRequest): Promise<unknown> {
    const { ids, query } = await this.allow(field, given, request);
    const values = { ids, query: field.query ? readBody(field.query, query) : {} };
    return field.read(this.instance(field.controller), request, values);
  }
}

function tooLong(name: string): FailureError {
  return FailureError.of('invalid_argument', `${name} has more than ${maxIdLength} characters.`, { field: name });
}

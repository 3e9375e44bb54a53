import type { Type } from '@nestjs/common';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { RouteAccess } from '../auth/access.js';
import { accessOf } from '../auth/access.js';

/** Who may ask for a field: what the REST route of the same thing says. */
export type FieldAccess = Extract<RouteAccess, { readonly needs: unknown }>;

/** What a field is asked with: what the route takes in its path, and in its query. */
export interface FieldValues<Id extends string = string, Query = unknown> {
  readonly ids: Readonly<Record<Id, string>>;
  readonly query: Query;
}

/** A field of GraphQL that is a REST route asked in another way: the same handler, permission, parameters and answer. */
export interface RestField {
  readonly controller: Type;
  /** Name of the handler. */
  readonly route: string;
  readonly access: FieldAccess;
  /** The parameters of the path. */
  readonly ids: readonly string[];
  /** The parameters of the query; absent where there are none. */
  readonly query?: z.ZodObject;
  readonly answer: z.ZodType;
  readonly description: string;
  read(controller: object, request: FastifyRequest, values: FieldValues): Promise<unknown>;
}

interface RestFieldOptions<Controller, Id extends string, Query extends z.ZodObject> {
  readonly ids?: readonly Id[];
  readonly query?: Query;
  /** With an id, which becomes the name of the type. */
  readonly answer: z.ZodType;
  readonly description: string;
  /** Asks the handler, or what the handler asks where that answers by itself. */
  readonly read: (
    controller: Controller,
    request: FastifyRequest,
    values: FieldValues<Id, z.output<Query>>,
  ) => Promise<unknown>;
}

/** @param route the handler whose declaration holds for the field */
export function restField<
  Controller extends object,
  Id extends string = never,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
>(
  controller: Type<Controller>,
  route: keyof Controller & string,
  { ids = [], ...options }: RestFieldOptions<Controller, Id, Query>,
): RestField {
  const access = accessOf((controller.prototype as Record<string, object>)[route] ?? {});
  if (!access || !('needs' in access)) throw undeclared(`${controller.name}.${route}`);
  return { controller, route, access, ids, ...options };
}

function undeclared(route: string): FailureError {
  return FailureError.of('internal', `${route} does not say what it needs, so no field of GraphQL can be made of it.`);
}

import { RouteConfig } from '@nestjs/platform-fastify';
import type { Permission } from '../../domain/access/permissions.js';

/** Where a route says which app or dataset it is about, so that keys bound to one are let in there and nowhere else. */
export type RouteSubject =
  /** The path parameter with the workflow's id. */
  | { readonly workflow: string }
  /** The path parameter with the id of a run, which belongs to a workflow. */
  | { readonly run: string }
  /** The path parameter with the id of a conversation, which belongs to a workflow. */
  | { readonly conversation: string }
  /** The query parameter that narrows a list to one workflow. */
  | { readonly workflowQuery: string }
  /** The path parameter with the dataset's id. */
  | { readonly dataset: string }
  /** It adds something and touches nothing that is there: open to every bound key. */
  | 'nothing there'
  /** It is about the workflow that the key is bound to, and finds that out itself. */
  | 'the app of the key';

/** Who may use a route. */
export type RouteAccess =
  | { readonly needs: Permission; readonly about?: RouteSubject }
  /** Every caller with a credential, whatever it may do. */
  | { readonly needs: 'any credential' }
  /** Everybody, and why. */
  | { readonly openBecause: string };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

/** Lets in callers with the permission. Keys that are bound to an app or a dataset are let in only where `about` leads to it. */
export const Requires = (permission: Permission, about?: RouteSubject) =>
  routeConfig({ access: { needs: permission, ...(about !== undefined && { about }) } });

/** Lets in every caller with a credential: routes about the caller itself. */
export const AnyCaller = () => routeConfig({ access: { needs: 'any credential' } });

/** Lets in everybody; the reason says what protects the route instead. */
export const Open = (because: string) => routeConfig({ access: { openBecause: because } });

/** What a handler says of who may use it; undefined where it says nothing. */
export function accessOf(handler: object): RouteAccess | undefined {
  const config = Reflect.getMetadata(configKey, handler) as { readonly access?: RouteAccess } | undefined;
  return config?.access;
}

/** What Nest keeps the config of a route under. */
const configKey = '__fastify_route_config__';

/** Adds to the config of a route; Nest's own decorator replaces it. */
export function routeConfig(part: object): MethodDecorator {
  return (target, name, descriptor) => {
    const before: unknown = Reflect.getMetadata(configKey, descriptor.value as object);
    return RouteConfig({ ...(before as object | undefined), ...part })(target, name, descriptor);
  };
}

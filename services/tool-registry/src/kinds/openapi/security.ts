import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { textOf } from '../schema/text-of.js';
import type { OpenApiDocument } from './openapi-document.js';

/** Whether an operation is called with the toolset's credential. `any` where the document does not speak of security at all. */
export type Security = 'none' | 'optional' | 'required' | 'any';

/** The schemes one operation asks for, and whether it does. */
export function securityOf({ root }: OpenApiDocument, operation: JsonObject): { need: Security; schemes: string[] } {
  const written = operation.security ?? root.security;
  if (!Array.isArray(written)) return { need: 'any', schemes: [] };
  const choices = (written as readonly Json[]).filter(isJsonObject);
  const schemes = [...new Set(choices.flatMap((choice) => Object.keys(choice)))];
  if (schemes.length === 0) return { need: 'none', schemes };
  return { need: choices.some((choice) => Object.keys(choice).length === 0) ? 'optional' : 'required', schemes };
}

/** A sentence per scheme: which credential the toolset needs. */
export function describeSchemes(document: OpenApiDocument, names: Iterable<string>): string[] {
  const components = isJsonObject(document.root.components) ? document.root.components : {};
  const schemes = isJsonObject(components.securitySchemes) ? components.securitySchemes : {};
  return [...names].map((name) => {
    const scheme = Object.hasOwn(schemes, name) ? document.references.follow(schemes[name] ?? null).value : undefined;
    const need = isJsonObject(scheme) ? credentialFor(scheme) : 'a credential that the document does not describe';
    return `Security scheme "${name.slice(0, 100)}": give the toolset ${need}.`;
  });
}

function credentialFor(scheme: JsonObject): string {
  const name = JSON.stringify(scheme.name ?? '');
  if (scheme.type === 'apiKey') {
    const places: Record<string, string> = { header: 'the header', query: 'the query parameter', cookie: 'the cookie' };
    return `a credential that sets ${places[textOf(scheme.in)] ?? 'the parameter'} ${name}`;
  }
  if (scheme.type === 'http') return httpCredential(textOf(scheme.scheme).toLowerCase());
  if (scheme.type === 'oauth2') return oauthCredential(scheme);
  if (scheme.type === 'openIdConnect') {
    return `an OAuth2 or bearer credential of the provider at ${JSON.stringify(scheme.openIdConnectUrl ?? '')}`;
  }
  if (scheme.type === 'mutualTLS') return 'nothing: it asks for a client certificate, which tools cannot present';
  return 'a credential of a kind that is not known here';
}

function httpCredential(scheme: string): string {
  if (scheme === 'basic') return 'a basic credential (name and password)';
  if (scheme === 'bearer') return 'a bearer credential (a token)';
  return `a credential that sets the header "Authorization" (scheme "${scheme.slice(0, 40)}")`;
}

function oauthCredential(scheme: JsonObject): string {
  const flows = isJsonObject(scheme.flows) ? scheme.flows : {};
  const flow = flows.clientCredentials;
  if (!isJsonObject(flow)) return 'an OAuth2 credential with a refresh token, or a bearer credential with a token';
  const scopes = isJsonObject(flow.scopes) ? Object.keys(flow.scopes).join(' ') : '';
  return `an OAuth2 client-credentials credential (token address ${JSON.stringify(flow.tokenUrl ?? '')}, scopes "${scopes.slice(0, 300)}")`;
}

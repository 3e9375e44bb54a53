import { type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { elsewhere } from '../../domain/access/bound-access.js';
import { type Bound, type Caller, require } from '../../domain/access/caller.js';
import type { RouteSubject } from '../auth/access.js';
import { isIntrospection } from './document-limits.js';
import { accessOfField } from './field-config.js';
import type { FieldAccess } from './rest-field.js';

/** The schema is for those who may see what it describes. */
const toIntrospect: FieldAccess = { needs: 'workflows:read' };

/**
 * Asks for every field of a document whether the caller may use it, before any of them is read: so a query is denied as a whole, and as a route is.
 * What a bound key is for is looked at once more where the field is read, with its id.
 * @throws FailureError `permission_denied`
 */
export function checkPermissions(schema: GraphQLSchema, document: DocumentNode, caller: Caller): void {
  const types = new TypeInfo(schema);
  const look = {
    Field: ({ name }: { readonly name: { readonly value: string } }) => {
      const field = types.getFieldDef();
      const access = isIntrospection(name.value) ? toIntrospect : field && accessOfField(field);
      if (access) mayAsk(caller, access);
    },
  };
  visit(document, visitWithTypeInfo(types, look));
}

function mayAsk(caller: Caller, access: FieldAccess): void {
  if (access.needs === 'any credential') return;
  require(caller, access.needs);
  if (caller.bound && !isAbout(caller.bound, access.about)) throw elsewhere(caller.bound);
}

/** Whether a field is about what a key is bound to, or one of its kind. */
function isAbout(bound: Bound, about: RouteSubject | undefined): boolean {
  if (about === undefined) return false;
  if (typeof about === 'string') return 'workflowId' in bound;
  return 'dataset' in about === 'datasetId' in bound;
}

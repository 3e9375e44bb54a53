import { FailureError } from '@treadle/failure';
import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionNode } from 'graphql';

/**
 * Checks that the one field of a subscription is always there: without any, there is nothing to subscribe to. Called for documents that are
 * valid.
 * @throws FailureError `invalid_argument`
 */
export function checkSubscriptionRoot(document: DocumentNode, { selectionSet }: OperationDefinitionNode): void {
  const selections = [...selectionSet.selections];
  for (const selection of selections) {
    if ((selection.directives ?? []).length > 0) throw conditional();
    // What a fragment holds stands in its place, and is looked at after it.
    selections.push(...inside(document, selection));
  }
}

function inside({ definitions }: DocumentNode, selection: SelectionNode): readonly SelectionNode[] {
  if (selection.kind === Kind.FIELD) return [];
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet.selections;
  const { value } = selection.name;
  const found = definitions.find((one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === value);
  return found?.kind === Kind.FRAGMENT_DEFINITION ? found.selectionSet.selections : [];
}

function conditional(): FailureError {
  const message =
    'The field of a subscription takes no directives. Leave out @skip and @include, and subscribe or do not.';
  return FailureError.of('invalid_argument', message, { field: 'query' });
}

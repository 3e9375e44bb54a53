import type { ListModelsResponse } from '@treadle/contracts';

/** OpenAI's `model`. When it was made is nobody's business here. */
export function modelView(id: string, ownedBy: string) {
  return { id, object: 'model', created: 0, owned_by: ownedBy };
}

/** Routes first, then every model by its full name. */
export function modelList({ routes, models }: ListModelsResponse) {
  const data = [
    ...routes.map((name) => modelView(name, 'route')),
    ...models.map(({ provider, model }) => modelView(`${provider}/${model}`, provider)),
  ];
  return { object: 'list', data };
}

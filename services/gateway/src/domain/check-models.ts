import type { ModelServiceService } from '@treadle/contracts';
import { toFailure } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import type { Diagnostic, WorkflowDocument } from '@treadle/workflow';
import { z } from 'zod';

/** An import does not wait longer for the model proxy. */
const patienceMs = 2000;

const namesModel = z.object({ model: z.object({ provider: z.string().default(''), name: z.string().min(1) }) });

interface NamedModel {
  readonly node: string;
  readonly field: string;
  readonly provider: string;
  readonly model: string;
}

/** Warns of models that nobody or somebody else will serve. A proxy that is away costs the check, never the import. */
export async function checkModels(
  models: Pick<Handlers<ModelServiceService>, 'resolveModel'>,
  tenantId: string,
  document: WorkflowDocument,
): Promise<Diagnostic[]> {
  const named = namedModels(document);
  const distinct = new Map(named.map((one) => [`${one.provider}/${one.model}`, one]));
  const signal = AbortSignal.timeout(patienceMs);
  const answers = new Map(
    await Promise.all(
      [...distinct].map(async ([name, { provider, model }]) => {
        const answer = await models.resolveModel({ tenantId, model: { provider, model } }, { signal }).catch(toFailure);
        return [name, answer] as const;
      }),
    ),
  );
  return named.flatMap((one) => {
    const answer = answers.get(`${one.provider}/${one.model}`);
    if (!answer) return [];
    if ('code' in answer)
      return [warning(one, 'model_unchecked', `Model ${one.model} was not checked: ${answer.message}`)];
    if (answer.warning === '') return [];
    return [warning(one, answer.servedBy ? 'model_substituted' : 'unknown_model', answer.warning)];
  });
}

/** Nodes of any type that name a model the way llm nodes do. */
function namedModels({ nodes }: WorkflowDocument): NamedModel[] {
  return nodes.flatMap((node, index) => {
    const parsed = namesModel.safeParse(node.config);
    if (!parsed.success) return [];
    const { provider, name } = parsed.data.model;
    return [{ node: node.id, field: `nodes[${index}].config.model.name`, provider, model: name }];
  });
}

function warning({ node, field }: NamedModel, code: Diagnostic['code'], message: string): Diagnostic {
  return { severity: 'warning', code, message, node, field };
}

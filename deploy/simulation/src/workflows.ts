import {
  compiled,
  type Drawing,
  drawWorkflow,
  everyNode,
  interpret,
  type Random,
  World,
} from '@treadle/testing/drawing';
import type { Json, JsonObject, Plan } from '@treadle/workflow';

/** Workflows with fewer or more tasks than this show nothing new, or take too long. */
const [fewestTasks, mostTasks] = [3, 60];

/** Counts what it is asked. */
class CountingWorld extends World {
  asked = 0;

  override work(...question: Parameters<World['work']>): Json {
    this.asked += 1;
    return super.work(...question);
  }
}

/** A workflow drawn at random, and how each run of it has to end. */
export interface DrawnWorkflow {
  readonly id: string;
  readonly plan: Plan;
  readonly world: World;
  /** Outputs of a run that completes, or `failed`. */
  readonly expected: JsonObject | 'failed';
  /** Ids of the nodes that give lists. */
  readonly lists: ReadonlySet<string>;
}

export function drawSome(seed: number, random: Random, count: number): DrawnWorkflow[] {
  return Array.from({ length: count }, (_, index) => draw(`workflow-${index + 1}`, seed * 31 + index, random));
}

function draw(id: string, seed: number, random: Random): DrawnWorkflow {
  for (;;) {
    const drawing = drawWorkflow(random, 2 + Math.floor(random() * 6));
    const world = new CountingWorld(seed);
    const expected = interpret(drawing, world);
    if (world.asked < fewestTasks || world.asked > mostTasks) continue;
    const lists = everyNode(drawing.nodes).filter((node) => node.kind === 'work' && node.givesList);
    const kind = random() < 0.25 ? 'chat' : 'workflow';
    return { id, plan: patient(drawing, kind), world, expected, lists: new Set(lists.map((node) => node.id)) };
  }
}

/** The drawing's plan, with a second between the attempts of a task: so retries wait in timers. */
function patient({ document }: Drawing, kind: Plan['kind']): Plan {
  const nodes = document.nodes.map((node) =>
    node.retry ? { ...node, retry: { ...node.retry, backoff_seconds: 1 } } : node,
  );
  return compiled({ ...document, kind, nodes });
}

import { parentPort } from 'node:worker_threads';
import { simulate } from './simulation.js';

/** Plays each seed it is sent and answers with what came of it. */
parentPort?.on('message', (seed: number) => {
  void simulate(seed).then((outcome) => parentPort?.postMessage(outcome));
});

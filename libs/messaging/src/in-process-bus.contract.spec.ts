import { beforeEach } from 'vitest';
import { InProcessBroker } from './in-process-broker.js';
import { InProcessBus } from './in-process-bus.js';
import { describeMessageBus } from './message-bus.contract.js';

let broker = new InProcessBroker();

beforeEach(() => {
  broker = new InProcessBroker();
});

describeMessageBus('InProcessBus', async () => new InProcessBus({ broker }));

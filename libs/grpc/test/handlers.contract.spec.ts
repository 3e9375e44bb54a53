import { ModelServiceService } from '@treadle/contracts';
import { grpcClient, inProcessHandlers, served, startGrpcServer } from '../src/index.js';
import { handlersContract } from './handlers.contract.js';

handlersContract('over gRPC', async (controller) => {
  const bugs: string[] = [];
  const server = await startGrpcServer({
    address: '127.0.0.1:0',
    services: [served(ModelServiceService, controller)],
    onUnknownError: (path) => bugs.push(path),
    shutdownLimitMs: 100,
  });
  const client = grpcClient(ModelServiceService, { address: `127.0.0.1:${server.port}` });
  const close = async () => {
    client.close();
    await server.close();
  };
  return { client, bugs, close };
});

handlersContract('in process', async (controller) => {
  const bugs: string[] = [];
  const client = inProcessHandlers(ModelServiceService, controller, (path) => bugs.push(path));
  return { client, bugs, close: async () => undefined };
});

import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { HealthRegistry, type Readiness } from './health-registry.js';

/** The part of Fastify's reply used here. */
interface Reply {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
}

const retryAfterSeconds = '1';

/** Three questions with three meanings: has it started, may it be given work, should it be restarted. */
@Controller('health')
export class HealthController {
  constructor(@Inject(HealthRegistry) private readonly registry: HealthRegistry) {}

  /** 200 once migrations and first setup are over; until then the other two must not be judged. */
  @Get('startup')
  @Header('cache-control', 'no-store')
  startup(@Res({ passthrough: true }) reply: Reply): object {
    const pending = this.registry.pendingStartup();
    if (pending.length === 0) return { status: 'started' };
    refuse(reply);
    return { status: 'starting', pending };
  }

  /** 200 while every registered check passes and the process is not draining. */
  @Get('ready')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<Readiness> {
    const readiness = await this.registry.readiness();
    if (readiness.status !== 'ready') refuse(reply);
    return readiness;
  }

  /** 200 when the event loop answers. Asks no dependency: a restart would not mend a database. */
  @Get('live')
  @Header('cache-control', 'no-store')
  live(): object {
    return { status: 'alive' };
  }
}

function refuse(reply: Reply): void {
  reply.code(503);
  reply.header('retry-after', retryAfterSeconds);
}

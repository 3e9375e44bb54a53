import { Controller, type DynamicModule, Get, Inject, Module, Res } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** The part of Fastify's reply used here. */
interface Reply {
  header(name: string, value: string): unknown;
}

@Controller('metrics')
class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get()
  show(@Res({ passthrough: true }) reply: Reply): Promise<string> {
    reply.header('content-type', this.metrics.contentType);
    return this.metrics.text();
  }
}

/** Serves `/metrics` beside the health endpoints of an inner service. An app whose port is public takes a `MetricsServer` instead. */
@Module({})
export class MetricsModule {
  static forRoot(metrics: Metrics): DynamicModule {
    metrics.watchProcess();
    const providers = [{ provide: Metrics, useValue: metrics }];
    return { module: MetricsModule, global: true, controllers: [MetricsController], providers, exports: [Metrics] };
  }
}

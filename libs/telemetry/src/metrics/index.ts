export { Distribution, type Family, Reading } from './instruments.js';
export { allMetrics, metricCatalogue } from './metric-catalogue.js';
export type { MetricDefinition } from './metric-definition.js';
export { Metrics } from './metrics.js';
export { MetricsModule } from './metrics.module.js';
export { MetricsServer } from './metrics-server.js';
export { callCounter, watchConnections, watchHealth } from './watch-process.js';

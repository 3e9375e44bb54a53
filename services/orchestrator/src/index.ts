export { schemaName as orchestratorSchema } from './infra/database.js';
export { type OrchestratorConfig, orchestratorConfig, orchestratorProcessConfig } from './orchestrator.config.js';
export { Orchestrator, type OrchestratorLog, type OrchestratorParts } from './orchestrator.js';
export { OrchestratorModule } from './orchestrator.module.js';

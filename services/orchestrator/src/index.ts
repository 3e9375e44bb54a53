export { OrchestratorModule } from './app.module.js';
export { schemaName as orchestratorSchema } from './infra/database.js';
export { type OrchestratorConfig, orchestratorConfig } from './orchestrator.config.js';
export { Orchestrator, type OrchestratorLog, type OrchestratorParts } from './orchestrator.js';

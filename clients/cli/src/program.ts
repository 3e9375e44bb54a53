import { Command } from 'commander';
import { addGlobalOptions, contextOf } from './command-context.js';
import { actWith } from './commands/act.js';
import { addApprovalsCommand } from './commands/approvals.command.js';
import { addAuditCommand } from './commands/audit.command.js';
import { addConfigCommand } from './commands/config.command.js';
import { addConversationsCommand } from './commands/conversations.command.js';
import { addDatasetsCommand } from './commands/datasets.command.js';
import { addEraseCommand } from './commands/erase.command.js';
import { addFilesCommand } from './commands/files.command.js';
import { addHealthCommand } from './commands/health.command.js';
import { addImportCommand } from './commands/import.command.js';
import { addKeysCommand } from './commands/keys.command.js';
import { addModelsCommand } from './commands/models/models.command.js';
import { addRetentionCommand } from './commands/retention.command.js';
import { addRetrievalCommand } from './commands/retrieval.command.js';
import { addRolesCommand } from './commands/roles.command.js';
import { addRunCommand } from './commands/run.command.js';
import { addRunsCommand } from './commands/runs.command.js';
import { addSchedulesCommand } from './commands/schedules.command.js';
import { addToolsCommand } from './commands/tools/tools.command.js';
import { addUsersCommand } from './commands/users.command.js';
import { addWebhooksCommand } from './commands/webhooks.command.js';
import { addWorkflowsCommand } from './commands/workflows.command.js';
import { exitCodesHelp } from './exit-codes.js';

/** The whole command; `signal` is aborted when the user interrupts. Errors are thrown, never printed here. */
export function createProgram(signal: AbortSignal): Command {
  const program = new Command('treadle')
    .description('Import, run and watch LLM workflows on a Treadle server, and set up its models and tools.')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addGlobalOptions(program).addHelpText('afterAll', exitCodesHelp);
  const act = actWith((command) => contextOf(command, signal));
  for (const add of [
    addImportCommand,
    addRunCommand,
    addRunsCommand,
    addApprovalsCommand,
    addConversationsCommand,
    addDatasetsCommand,
    addRetrievalCommand,
    addFilesCommand,
    addWorkflowsCommand,
    addWebhooksCommand,
    addSchedulesCommand,
    addModelsCommand,
    addToolsCommand,
    addKeysCommand,
    addUsersCommand,
    addRolesCommand,
    addAuditCommand,
    addEraseCommand,
    addRetentionCommand,
    addConfigCommand,
    addHealthCommand,
  ])
    add(program, act);
  return program;
}

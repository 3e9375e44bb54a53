/** Everything a caller may be allowed to do, each with what it opens. Routes, roles and scopes of keys name these and nothing else. */
export const permissions = {
  'approvals:answer': 'See what runs ask people, and answer.',
  'audit:read': 'Read and export the record of who changed what.',
  'conversations:read': 'Read conversations and their messages.',
  'conversations:write': 'Rename and delete conversations.',
  'datasets:manage': 'See the state of the vector store for own datasets, verify and mend them in it.',
  'datasets:read': 'Read and search datasets.',
  'datasets:write': 'Create datasets, add and remove documents.',
  'files:read': 'Read uploaded files.',
  'files:write': 'Upload and delete files.',
  'installation:manage':
    'Create organisations, rebuild the vector store. Only in the first organisation of an installation.',
  'keys:manage': 'Create, rotate and revoke API keys.',
  'models:call': 'Ask models directly.',
  'models:manage': 'Set up providers, routes, prices and budgets.',
  'models:read': 'See providers, routes, prices and budgets.',
  'organisation:manage': 'Rename the organisation.',
  'organisation:read': 'See the organisation and its roles.',
  'privacy:manage': 'Erase end users, and set how long runs, conversations and files are kept.',
  'roles:manage': 'Create, change and delete roles.',
  'runs:cancel': 'Cancel runs.',
  'runs:read': 'Read runs, their events and their values.',
  'runs:start': 'Start, resume and rerun runs.',
  'tools:call': 'Call tools directly.',
  'tools:manage': 'Set up tools and their credentials.',
  'tools:read': 'See tools.',
  'triggers:manage': 'Pause schedules, rotate the secrets of webhooks.',
  'triggers:read': 'See webhooks and schedules.',
  'usage:read': 'See what was used and what it cost.',
  'users:manage': 'Invite people, change their roles, disable and remove them.',
  'users:read': 'See who belongs to the organisation.',
  'workflows:read': 'Read workflows and their versions.',
  'workflows:write': 'Create, change and publish workflows.',
} as const satisfies Record<string, string>;

export type Permission = keyof typeof permissions;

export const allPermissions = Object.keys(permissions) as Permission[];

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(permissions, text);
}

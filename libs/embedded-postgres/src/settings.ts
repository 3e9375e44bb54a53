/** Server settings by their PostgreSQL names. */
export type Settings = Readonly<Record<string, string>>;

/** Durable, and small enough for a laptop. A caller may override any of them. */
export const defaultSettings: Settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '64MB',
  max_connections: '80',
  work_mem: '8MB',
  maintenance_work_mem: '32MB',
  jit: 'off',
  // Three processes less than the default; with this little data, reads come from the page cache anyway.
  io_method: 'sync',
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  // Nobody replicates from this server, so the log need only serve crash recovery.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '512MB',
  min_wal_size: '64MB',
  checkpoint_timeout: '15min',
  huge_pages: 'off',
  timezone: 'UTC',
  // Errors of statements reach the client, who logs them; here they would only make the file grow.
  log_min_messages: 'log',
  log_checkpoints: 'off',
};

/** Settings that hold whatever the caller says: the server is reachable through its private socket folder alone. */
export function serverArguments(dataDir: string, socketFolder: string, settings: Settings): string[] {
  const all = {
    ...defaultSettings,
    ...settings,
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
  };
  return ['-D', dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

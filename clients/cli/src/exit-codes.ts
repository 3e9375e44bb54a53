/** What a script can tell from the command's exit code. */
export const exitCodes = {
  ok: 0,
  runNotCompleted: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  replayDiffers: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For the end of every help page. */
export const exitCodesHelp = `
Exit codes:
  0    ok
  1    the run failed or was cancelled, the document cannot be indexed, a rebuild failed, or the vector store differs
  2    the command was used wrongly
  3    the server refused the request (4xx)
  4    the server was not reached, or failed (5xx)
  5    a history did not replay, or the audit log was tampered with
  130  interrupted`;

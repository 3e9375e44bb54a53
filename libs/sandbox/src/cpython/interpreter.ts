import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FailureError } from '@treadle/failure';

const oldest = { major: 3, minor: 9 };

/** Throws `node_configuration` with what to do where the interpreter is absent, does not start without an environment, or is too old. */
export async function checkInterpreter(path: string): Promise<void> {
  const program = 'import ctypes, resource, sys; print("%d.%d" % sys.version_info[:2])';
  const { stdout } = await promisify(execFile)(path, ['-I', '-c', program], { env: {}, timeout: 20_000 }).catch(
    (cause: unknown) => {
      throw refusal(`There is no CPython that starts at ${path}.`, cause);
    },
  );
  const version = stdout.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === oldest.major && minor >= oldest.minor) return;
  throw refusal(`The CPython at ${path} is ${version}.`);
}

function refusal(trouble: string, cause?: unknown): FailureError {
  const remedy = `Code nodes of this executor need CPython ${oldest.major}.${oldest.minor} or later: install it in the image, say with TREADLE_CODE_PYTHON_PATH where it is, or set TREADLE_CODE_PYTHON to pyodide.`;
  return FailureError.of('node_configuration', `${trouble} ${remedy}`, {}, { cause });
}

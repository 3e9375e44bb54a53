import { callSource, preloadedModules } from '../python/call-source.js';

/** What the fork server is told, as its one argument. */
export interface ForkServerOptions {
  /** A folder of its own; the folder of a call is made in it and removed after. */
  readonly folder: string;
  readonly outputCharacters: number;
  readonly printedCharacters: number;
  /** The longest reply that is passed on, in bytes. */
  readonly replyBytes: number;
  /** Memory that is written to, and addresses taken, by one process. */
  readonly dataBytes: number;
  readonly addressBytes: number;
  /** Processor time of one call, over all its threads. */
  readonly processorSeconds: number;
  /** Processes and threads of this user. */
  readonly processes: number;
  readonly fileBytes: number;
  readonly openFiles: number;
}

/**
 * A process of CPython that forks one for every call, so that starting is paid once and nothing of a call is there in the next one. Calls
 * come in as lines of JSON, replies go out as lines of JSON. The limits are set before there is any code of a user. What a call leaves
 * behind, processes and files, is removed before the next one; where that fails this process ends.
 */
export const forkServer = `${callSource}

import ctypes, gc, resource, shutil, tempfile
import ${preloadedModules}

options = types.SimpleNamespace(**loads(sys.argv[1]))
folder = os.path.join(options.folder, 'call')
leave, kill, wait, write = os._exit, os.kill, os.waitpid, os.write
die_with_parent, adopt = 1, 36


def control(what, value):
    ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def limit(kind, most):
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def limit_all():
    limit(resource.RLIMIT_AS, options.addressBytes)
    limit(resource.RLIMIT_DATA, options.dataBytes)
    limit(resource.RLIMIT_NPROC, options.processes)
    limit(resource.RLIMIT_FSIZE, options.fileBytes)
    limit(resource.RLIMIT_NOFILE, options.openFiles)
    limit(resource.RLIMIT_CORE, 0)


def is_foreign(path):
    return path.startswith(('/proc/', '/run/', '/var/run/')) and path not in ('/proc/cpuinfo', '/proc/meminfo')


refused = (
    'os.exec', 'os.fork', 'os.kill', 'os.posix_spawn', 'os.spawn', 'os.system', 'pty.', 'socket.bind', 'socket.connect',
    'socket.getaddrinfo', 'socket.gethostby', 'socket.getnameinfo', 'socket.send', 'subprocess.', 'sys._current_',
)


def answer(line):
    given = loads(line)
    control(die_with_parent, 9)
    limit(resource.RLIMIT_CPU, options.processorSeconds)
    os.mkdir(folder)
    os.chdir(folder)
    tempfile.tempdir = folder
    watch((), refused, is_foreign)
    try:
        return run(given['code'], given['inputsJson'], options.outputCharacters, options.printedCharacters)
    except MemoryError:
        return '{"kind": "exceeded", "limit": "memory", "printed": ""}'


def child(line, reply):
    try:
        text = (answer(line) + '\\n').encode()
        while text:
            text = text[write(reply, text):]
    finally:
        leave(0)


def reply_from(pipe):
    found = b''
    while b'\\n' not in found and len(found) <= options.replyBytes:
        part = os.read(pipe, 2 ** 20)
        if not part:
            return None
        found += part
    return found.partition(b'\\n')[0]


def serve_one(line):
    pipe, reply = os.pipe()
    pid = os.fork()
    if pid == 0:
        for descriptor in (pipe, calls.fileno(), replies):
            os.close(descriptor)
        child(line, reply)
    os.close(reply)
    text = reply_from(pipe)
    os.close(pipe)
    if text is None:
        text = ending(wait(pid, 0)[1])
    else:
        kill(pid, 9)
    os.write(replies, text + b'\\n')


def ending(status):
    limits = {9: b'memory', 24: b'time', 25: b'output'}
    signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    if signal not in limits:
        leave(1)
    return b'{"kind": "exceeded", "limit": "' + limits[signal] + b'", "printed": ""}'


def end_what_is_left():
    while True:
        try:
            if wait(-1, os.WNOHANG)[0] != 0:
                continue
        except ChildProcessError:
            return
        with open('/proc/self/task/%d/children' % os.getpid()) as left:
            for pid in left.read().split():
                kill(int(pid), 9)
        time.sleep(0.0005)


def remove_files():
    if not os.path.lexists(folder):
        return
    os.chmod(folder, 0o700)
    for path, names, _ in os.walk(folder):
        for name in names:
            if not os.path.islink(os.path.join(path, name)):
                os.chmod(os.path.join(path, name), 0o700)
    shutil.rmtree(folder)


os.environ.clear()
sys.argv[:] = ['']
sys.orig_argv = []
calls, replies = os.fdopen(os.dup(0), 'rb'), os.dup(1)
for descriptor in (0, 1, 2):
    os.dup2(os.open('/dev/null', os.O_RDWR), descriptor)
control(adopt, 1)
limit_all()
gc.freeze()
os.write(replies, b'"ready"\\n')
for line in calls:
    serve_one(line)
    end_what_is_left()
    remove_files()
    os.write(replies, b'"ready"\\n')
`;

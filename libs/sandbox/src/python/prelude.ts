import { callSource } from './call-source.js';

/**
 * Python that runs in a guest with Pyodide before anybody's code; its value is the function that runs a call. It also closes the ways from
 * Python to the JavaScript around it. They are a first hurdle only: what holds is that the process around it may do nothing.
 */
export const prelude = `${callSource}

def close_ways_out():
    ways = ('js', 'pyodide', 'pyodide_js', '_pyodide', '_pyodide_core', 'micropip')
    for name in [*ways, *sys.modules]:
        if name.split('.')[0] in ways:
            sys.modules[name] = None
    sys.meta_path[:] = [finder for finder in sys.meta_path if 'pyodide' not in type(finder).__module__]
    refused = (
        'ctypes.', 'gc.', 'os.exec', 'os.fork', 'os.forkpty', 'os.kill', 'os.posix_spawn', 'os.spawn', 'os.system',
        'pty.', 'socket.', 'subprocess.', 'sys._current_', '_thread.',
    )
    # They tell where things are on the machine.
    os.environ.clear()
    __import__('posix').environ.clear()
    sys.orig_argv = ['']
    own = ('/lib/', '/tmp', '/home/pyodide', '/dev/null', '/dev/random', '/dev/urandom')
    watch(ways, refused, lambda path: path.startswith(('/', '..')) and not path.startswith(own))


close_ways_out()
del close_ways_out
run
`;

/** Modules that code is likely to import; they are part of the snapshot, so that importing them costs nothing. */
export const preloadedModules =
  'base64, collections, copy, csv, dataclasses, datetime, decimal, difflib, enum, functools, hashlib, hmac, html, io, itertools, ' +
  'json, math, operator, random, re, statistics, string, textwrap, time, traceback, types, typing, unicodedata, urllib.parse, uuid';

/**
 * Python that runs a call, for every interpreter: `run(code, inputs, most output, most printed) -> reply`, all texts JSON, and
 * `watch(ways, refused, is_foreign)`, which notes what the code reaches for: modules of `ways` and paths that are foreign; and besides
 * refuses the audit events that start with one of `refused`. Whoever may change Python can get around it, so it is a hurdle only.
 */
export const callSource = `
import io, json, os, random, sys, traceback, types

# Kept, since code may change the modules it uses.
dumps, loads = json.dumps, json.loads

# What the code of a call reached for and was not given.
refused_events = []

normpath = os.path.normpath
of_paths = ('open', 'os.chdir', 'os.link', 'os.listdir', 'os.scandir', 'os.symlink', 'shutil.copyfile', 'sqlite3.connect')


class Printed(io.TextIOBase):
    """What the code prints, up to a number of characters."""

    def __init__(self, most):
        self.parts, self.room = [], most

    def writable(self):
        return True

    def write(self, text):
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def text(self):
        return ''.join(self.parts)


def run(code, inputs, most_output, most_printed):
    printed = Printed(most_printed)
    reply = call(code, inputs, most_output, printed)
    seen = {'refused': refused_events} if refused_events else {}
    return dumps({**reply, **seen, 'printed': printed.text()})


def call(code, inputs, most_output, printed):
    sys.stdout = sys.stderr = printed
    random.seed()
    try:
        module = sys.modules['__main__'] = types.ModuleType('__main__')
        exec(compile(code, 'code.py', 'exec'), module.__dict__)
        main = module.__dict__.get('main')
        if not callable(main):
            return raised('NameError', 'The code defines no function named main.')
        text = dumps(main(**loads(inputs)), allow_nan=False)
        if len(text) > most_output:
            return {'kind': 'exceeded', 'limit': 'output'}
        return {'kind': 'returned', 'json': text}
    except MemoryError:
        return {'kind': 'exceeded', 'limit': 'memory'}
    except BaseException as error:
        return raised(type(error).__name__, message_of(error), line_of(error))


def raised(name, message, line=None):
    return {'kind': 'raised', 'name': name[:200], 'message': message, **({} if line is None else {'line': line})}


def message_of(error):
    try:
        return (error.msg if isinstance(error, SyntaxError) else str(error))[:2000]
    except BaseException:
        return 'The error cannot be put into words.'


def line_of(error):
    if isinstance(error, SyntaxError) and error.filename == 'code.py':
        return error.lineno
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == 'code.py']
    return lines[-1] if lines else None


def watch(ways, refused, is_foreign):
    def note(what):
        if what not in refused_events and len(refused_events) < 20:
            refused_events.append(what[:100])

    def audit(event, arguments, refused=refused, ways=ways, note=note, is_foreign=is_foreign, of_paths=of_paths, normpath=normpath):
        if event == 'import' and arguments[0].split('.')[0] in ways:
            note('import ' + arguments[0])
        if event in of_paths and type(arguments[0]) is str and is_foreign(normpath(arguments[0])):
            note(event + ' ' + arguments[0])
        if event.startswith(refused):
            note(event)
            raise PermissionError(event + ' is not allowed here')

    sys.addaudithook(audit)
`;

"""One call of every family of functions of every module that a solution may import, as snippets."""

CALLS: dict[str, str] = {
    "__future__": "from __future__ import annotations; import __future__; __future__.all_feature_names",
    "_thread": "import _thread; lock = _thread.allocate_lock(); lock.acquire(); _thread.get_ident()",
    "abc": "import abc; abc.ABCMeta('A', (), {}); abc.abstractmethod(lambda: 1); abc.get_cache_token()",
    "argparse": (
        "import argparse; p = argparse.ArgumentParser(prog='x'); p.add_argument('--a', type=int);"
        " assert p.parse_args(['--a', '1']).a == 1; p.format_help()"
    ),
    "array": "import array; a = array.array('d', [1, 2]); a.tobytes(); a.tolist(); array.array('i')",
    "ast": "import ast; ast.unparse(ast.parse('f(1)')); ast.literal_eval('[1]'); ast.dump(ast.parse('x'))",
    "asyncio": """
import asyncio
async def worker(queue, got):
    got.append(await queue.get())
    await asyncio.sleep(0.001)
async def main():
    queue, got = asyncio.Queue(), []
    task = asyncio.create_task(worker(queue, got))
    await queue.put(1)
    await asyncio.wait_for(task, 5)
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))
    async with asyncio.Lock(), asyncio.timeout(5):
        got.append(await asyncio.to_thread(sum, [1, 1]))
    loop = asyncio.get_running_loop()
    got.append(await loop.run_in_executor(None, len, "abc"))
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))
    return got
assert asyncio.run(main()) == [1, 2, 3]
loop = asyncio.new_event_loop()
loop.run_until_complete(asyncio.sleep(0))
loop.close()
""",
    "atexit": "import atexit; atexit.register(print); atexit.unregister(print)",
    "base64": (
        "import base64; base64.b64decode(base64.b64encode(b'a')); base64.b85encode(b'a');"
        " base64.b32encode(b'a'); base64.a85encode(b'a'); base64.b16encode(b'a')"
    ),
    "binascii": "import binascii; binascii.crc32(b'a'); binascii.hexlify(b'a'); binascii.b2a_base64(b'a')",
    "bisect": "import bisect; bisect.insort([1], 2); bisect.bisect_left([1], 1)",
    "builtins": "import builtins; builtins.sorted([2, 1]); builtins.compile('1', 'x', 'eval')",
    "bz2": "import bz2; assert bz2.decompress(bz2.compress(b'a' * 1000)) == b'a' * 1000",
    "cProfile": "import cProfile; p = cProfile.Profile(); p.enable(); p.disable(); p.getstats()",
    "calendar": (
        "import calendar; calendar.month(2024, 2); calendar.isleap(2024); calendar.monthrange(2024, 2);"
        " calendar.timegm((2024, 1, 1, 0, 0, 0)); calendar.HTMLCalendar().formatmonth(2024, 1);"
        " calendar.day_name[0]"
    ),
    "cmath": "import cmath; cmath.sqrt(-1); cmath.phase(1j)",
    "codecs": (
        "import codecs; codecs.lookup('utf-16'); codecs.encode('a', 'rot13'); codecs.decode(b'YQ==', 'base64');"
        " codecs.getreader('latin-1'); codecs.iterencode('a', 'utf-8'); codecs.encode(b'a', 'zip')"
    ),
    "collections": (
        "import collections; collections.namedtuple('P', 'x y')(1, 2); collections.Counter('aa').most_common();"
        " collections.ChainMap({}); collections.deque([1]).rotate(); collections.OrderedDict(a=1)"
    ),
    "colorsys": "import colorsys; colorsys.rgb_to_hsv(0.1, 0.2, 0.3)",
    "concurrent": """
import concurrent.futures
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
    done, _ = concurrent.futures.wait([pool.submit(abs, -1)])
    assert next(concurrent.futures.as_completed(done)).result() == 1
""",
    "configparser": "import configparser; c = configparser.ConfigParser(); c.read_string('[a]\\nb=1'); c['a']['b']",
    "contextlib": (
        "import contextlib; contextlib.ExitStack(); contextlib.suppress(ValueError);"
        " contextlib.contextmanager(lambda: iter([1]));  contextlib.nullcontext()"
    ),
    "contextvars": "import contextvars; contextvars.ContextVar('x').set(1); contextvars.copy_context().run(abs, 1)",
    "copy": "import copy; copy.deepcopy({'a': [1]}); copy.copy([1]); copy.deepcopy(type('A', (), {})())",
    "copyreg": "import copyreg; copyreg.pickle(complex, lambda c: (complex, (c.real,)))",
    "csv": """
import csv, io
assert list(csv.DictReader(io.StringIO('a,b\\n1,2\\n'))) == [{'a': '1', 'b': '2'}]
csv.writer(io.StringIO()).writerow([1, 'x,y'])
csv.Sniffer().sniff('a;b;c\\n1;2;3\\n4;5;6\\n')
""",
    "ctypes": (
        "import ctypes; ctypes.c_int(5).value; ctypes.sizeof(ctypes.c_long); (ctypes.c_char * 5)();"
        " ctypes.Structure; ctypes.CDLL(None).getpid(); ctypes.create_string_buffer(5); ctypes.cast(0, ctypes.c_void_p)"
    ),
    "dataclasses": """
import dataclasses
@dataclasses.dataclass(order=True, frozen=True, slots=True)
class A:
    x: int = 1
    y: list = dataclasses.field(default_factory=list)
assert dataclasses.asdict(dataclasses.replace(A(), x=2)) == {'x': 2, 'y': []}
dataclasses.make_dataclass('B', ['x'])
""",
    "datetime": (
        "import datetime as d; d.datetime.strptime('2024-01-02', '%Y-%m-%d').strftime('%c %x %A %j');"
        " d.datetime.now(); d.datetime.now(d.UTC).astimezone(); d.date.today().isocalendar();"
        " d.datetime.fromisoformat('2024-01-02T03:04:05+00:00'); d.timedelta(1) / 2; d.datetime.fromtimestamp(0);"
        " d.date.fromisocalendar(2024, 1, 1); str(d.time(1)); d.datetime.now().timestamp()"
    ),
    "decimal": (
        "import decimal; decimal.Decimal('1.1').sqrt(); decimal.getcontext().prec = 50; decimal.Decimal(2).ln();"
        " decimal.localcontext(); format(decimal.Decimal('1234.5'), ',.2f'); decimal.Decimal(10) ** 5000"
    ),
    "difflib": (
        "import difflib; list(difflib.unified_diff(['a'], ['b'])); difflib.get_close_matches('a', ['ab']);"
        " difflib.SequenceMatcher(None, 'ab', 'b').ratio(); difflib.HtmlDiff().make_table(['a'], ['b'])"
    ),
    "dis": "import dis, io; dis.dis(len.__class__, file=io.StringIO()); dis.code_info('x = 1'); list(dis.get_instructions('x'))",
    "email": """
import email, email.message, email.policy, email.utils, email.header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
assert email.message_from_string('Subject: x\\n\\nbody')['subject'] == 'x'
m = email.message.EmailMessage()
m['To'] = 'a@example.org'
m.set_content('hello')
m.add_attachment(b'x', maintype='text', subtype='csv', filename='x.csv')
m.as_string()
MIMEMultipart().attach(MIMEText('x'))
email.utils.parsedate_to_datetime('Mon, 01 Jan 2024 00:00:00 +0000')
email.header.decode_header('=?utf-8?q?x?=')
""",
    "encodings": "import encodings, encodings.idna; encodings.normalize_encoding('UTF 8')",
    "enum": "import enum; enum.Enum('E', 'A B'); enum.IntFlag('F', 'A B').A | 2; enum.auto(); enum.unique",
    "errno": "import errno; errno.errorcode[1]",
    "filecmp": "import filecmp; filecmp.clear_cache()",
    "fileinput": "import fileinput; fileinput.FileInput",
    "fnmatch": "import fnmatch; fnmatch.fnmatch('a.py', '*.py'); fnmatch.translate('*'); fnmatch.filter(['a'], '*')",
    "fractions": "import fractions; fractions.Fraction('1/3').limit_denominator(10); fractions.Fraction(0.5)",
    "ftplib": "import ftplib; assert ftplib.parse257('257 \"/a\"') == '/a'; ftplib.FTP().set_pasv(True)",
    "functools": (
        "import functools; functools.reduce(max, [1, 2]); functools.lru_cache(None)(abs)(1); functools.partial(max, 1)(2);"
        " functools.singledispatch(abs); functools.cmp_to_key(lambda a, b: 0); functools.wraps(abs); functools.cached_property(abs)"
    ),
    "gc": "import gc; gc.collect(); gc.get_threshold(); gc.disable(); gc.enable()",
    "getopt": "import getopt; getopt.getopt(['-a', '1'], 'a:'); getopt.gnu_getopt(['x'], '', ['long='])",
    "getpass": "import getpass; getpass.GetPassWarning",
    "gettext": "import gettext; gettext.gettext('x'); gettext.ngettext('a', 'b', 2); gettext.NullTranslations()",
    "glob": "import glob; glob.escape('*'); glob.has_magic('*'); glob.glob('nowhere/*')",
    "graphlib": "import graphlib; list(graphlib.TopologicalSorter({1: [2]}).static_order())",
    "gzip": "import gzip; assert gzip.decompress(gzip.compress(b'a')) == b'a'",
    "hashlib": (
        "import hashlib; [hashlib.new(name, b'a').digest() for name in ('md5', 'sha1', 'sha256', 'sha3_256', 'blake2b')];"
        " hashlib.pbkdf2_hmac('sha256', b'a', b'b', 2); hashlib.scrypt(b'a', salt=b'b', n=2, r=1, p=1);"
        " hashlib.shake_128(b'a').digest(5); hashlib.algorithms_available; hashlib.sha512().hexdigest()"
    ),
    "heapq": "import heapq; h = [3, 1]; heapq.heapify(h); heapq.heappush(h, 2); list(heapq.merge([1], [2])); heapq.nlargest(1, h)",
    "hmac": "import hmac; hmac.new(b'k', b'm', 'sha256').hexdigest(); hmac.digest(b'k', b'm', 'sha1'); hmac.compare_digest('a', 'a')",
    "html": """
import html, html.parser, html.entities
html.unescape(html.escape('<a>&eacute;'))
html.parser.HTMLParser().feed('<a href=x>y</a>')
""",
    "http": "import http, http.client, http.cookies; http.HTTPStatus(404).phrase; http.cookies.SimpleCookie('a=b')",
    "imaplib": "import imaplib; imaplib.Internaldate2tuple(b'INTERNALDATE \"01-Jan-2024 00:00:00 +0000\"')",
    "importlib": (
        "import importlib, importlib.util, importlib.machinery; importlib.import_module('json');"
        " importlib.util.find_spec('json'); importlib.machinery.all_suffixes()"
    ),
    "inspect": """
import inspect
def f(a, /, b=1, *c, d, **e):
    'doc'
    return inspect.stack(0), inspect.currentframe()
inspect.signature(f).bind(1, d=2)
f(1, d=2)
inspect.getmembers(f); inspect.getdoc(f); inspect.isgeneratorfunction(f); inspect.getfullargspec(f); inspect.getmro(int)
""",
    "io": (
        "import io; io.StringIO('a').readline(); io.BytesIO(b'a').read(); io.TextIOWrapper(io.BytesIO()).write('x');"
        " io.BufferedReader(io.BytesIO(b'a')).peek(); io.open(0, closefd=False).fileno()"
    ),
    "ipaddress": "import ipaddress; list(ipaddress.ip_network('10.0.0.0/30').hosts()); ipaddress.ip_address('::1').compressed",
    "itertools": "import itertools; list(itertools.permutations([1, 2])); list(itertools.accumulate([1, 2])); itertools.tee([1])",
    "json": "import json, json.tool; json.loads(json.dumps({'a': [1.5, None]}, indent=1, sort_keys=True)); json.JSONEncoder().encode(1)",
    "keyword": "import keyword; keyword.iskeyword('if'); keyword.softkwlist",
    "linecache": "import linecache; linecache.getline('nowhere', 1); linecache.checkcache(); linecache.clearcache()",
    "locale": (
        "import locale; locale.getlocale(); locale.localeconv(); locale.format_string('%d', 5, grouping=True);"
        " locale.setlocale(locale.LC_ALL, 'C'); locale.strxfrm('a'); locale.getpreferredencoding(); locale.normalize('de')"
    ),
    "logging": """
import io, logging, logging.handlers, logging.config
logging.basicConfig(stream=io.StringIO(), level=10, format='%(asctime)s %(name)s %(message)s %(process)d %(threadName)s')
logging.getLogger('x').warning('a %s', 1)
try: 1 / 0
except ZeroDivisionError: logging.exception('x')
logging.config.dictConfig({'version': 1, 'handlers': {'m': {'class': 'logging.NullHandler'}}})
logging.handlers.MemoryHandler(10)
""",
    "lzma": "import lzma; assert lzma.decompress(lzma.compress(b'a')) == b'a'",
    "marshal": "import marshal; marshal.loads(marshal.dumps([1]))",
    "math": "import math; math.factorial(2000); math.isqrt(10 ** 50); math.comb(5, 2); math.dist([0], [1]); math.lgamma(5)",
    "mmap": "import mmap; m = mmap.mmap(-1, 4096); m.write(b'a'); m.close()",
    "multiprocessing": "import multiprocessing, multiprocessing.dummy; multiprocessing.cpu_count(); multiprocessing.current_process().name",
    "numbers": "import numbers; isinstance(1, numbers.Rational)",
    "opcode": "import opcode; opcode.opmap['NOP']",
    "operator": "import operator; operator.itemgetter(0)([1]); operator.attrgetter('real')(1); operator.methodcaller('upper')('a')",
    "os": """
import os
os.getpid(); os.getcwd(); os.cpu_count(); os.urandom(5); os.environ.get('HOME'); os.getenv('A'); os.times()
os.path.exists('x'); os.uname(); os.strerror(1); os.fspath('a'); os.get_terminal_size
r, w = os.pipe(); os.write(w, b'x'); os.read(r, 1); os.close(r); os.close(w)
os.environ['A'] = '1'; os.path.expanduser('~'); os.fstat(0); os.isatty(0); os.getppid(); os.sched_yield()
""",
    "os.path": "import os.path; os.path.join('a', 'b'); os.path.isfile('x'); os.path.abspath('x'); os.path.realpath('x'); os.path.relpath('/a')",
    "pathlib": "import pathlib; p = pathlib.Path('a/b.c'); p.suffix; p.exists(); p.parent / 'x'; pathlib.PurePosixPath('a').parts; pathlib.Path.cwd()",
    "pickle": "import pickle, fractions; [pickle.loads(pickle.dumps([1, fractions.Fraction(1, 2)], n)) for n in range(6)]",
    "pickletools": "import pickletools; pickletools.optimize(b'\\x80\\x02K\\x01.'); list(pickletools.genops(b'K\\x01.'))",
    "pkgutil": "import pkgutil; pkgutil.resolve_name('json:loads'); list(pkgutil.iter_modules(['/nowhere']))",
    "platform": "import platform; platform.system(); platform.python_version(); platform.machine(); platform.platform(); platform.node(); platform.processor()",
    "posixpath": "import posixpath; posixpath.normpath('a//b')",
    "pprint": "import pprint; pprint.pformat({'a': list(range(50))}); pprint.isreadable(1)",
    "profile": "import profile; profile.Profile().runcall(abs, 1)",
    "pstats": "import io, pstats, cProfile; p = cProfile.Profile(); p.runcall(abs, 1); pstats.Stats(p, stream=io.StringIO()).sort_stats('time').print_stats()",
    "queue": "import queue; q = queue.Queue(); q.put(1); q.get(); queue.PriorityQueue().put(1); queue.LifoQueue(); queue.SimpleQueue().put(1)",
    "random": (
        "import random; random.seed(1); random.sample(range(5), 2); random.gauss(0, 1); random.choices([1], k=2);"
        " random.shuffle([1]); random.SystemRandom().random(); random.Random(5).randbytes(3); random.Random().random()"
    ),
    "re": "import re; re.sub(r'(?P<a>\\w)', r'\\g<a>', 'abc'); re.compile('a', re.X | re.I); re.split('a', 'bab'); re.Scanner([('a', None)])",
    "reprlib": "import reprlib; reprlib.repr(list(range(100))); reprlib.recursive_repr()",
    "resource": "import resource; resource.getrusage(resource.RUSAGE_SELF); resource.getrlimit(resource.RLIMIT_STACK); resource.getpagesize()",
    "sched": "import sched, time; s = sched.scheduler(time.monotonic, time.sleep); s.enter(0, 1, abs, (1,)); s.run()",
    "secrets": "import secrets; secrets.token_hex(5); secrets.choice([1]); secrets.randbelow(5); secrets.token_urlsafe(4)",
    "select": "import os, select; r, w = os.pipe(); select.select([r], [w], [], 0); p = select.poll(); p.register(r); p.poll(0); select.epoll().close()",
    "selectors": "import os, selectors; s = selectors.DefaultSelector(); s.register(os.pipe()[0], 1); s.select(0); s.close()",
    "shelve": "import shelve; shelve.Shelf({})['a'] = 1",
    "shlex": "import shlex; shlex.split('a \"b c\"'); shlex.quote('a b'); shlex.join(['a'])",
    "shutil": "import shutil; shutil.get_terminal_size(); shutil.which('nothing'); shutil.get_archive_formats()",
    "signal": """
import os, signal
got = []
signal.signal(signal.SIGUSR1, lambda *a: got.append(a))
os.kill(os.getpid(), signal.SIGUSR1); signal.raise_signal(signal.SIGUSR1)
assert len(got) == 2
signal.alarm(0); signal.setitimer(signal.ITIMER_REAL, 0); signal.getsignal(2); signal.strsignal(9)
signal.pthread_sigmask(signal.SIG_BLOCK, []); signal.sigpending(); signal.valid_signals(); signal.Signals(9).name
""",
    "site": "import site; site.ENABLE_USER_SITE",
    "smtplib": "import smtplib; smtplib.quoteaddr('a@b')",
    "socket": "import socket; a, b = socket.socketpair(); a.sendall(b'x'); b.recv(1); a.close(); b.close(); socket.inet_aton('1.2.3.4'); socket.htons(1)",
    "sqlite3": "import sqlite3; c = sqlite3.connect(':memory:'); c.execute('create table a (b)'); c.execute('insert into a values (1)'); assert c.execute('select b from a').fetchall() == [(1,)]; c.close()",
    "ssl": "import ssl; ssl.OPENSSL_VERSION; ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); ssl.RAND_bytes(5)",
    "stat": "import stat; stat.filemode(0o100644)",
    "statistics": "import statistics; statistics.stdev([1, 2]); statistics.NormalDist(0, 1).cdf(1); statistics.linear_regression([1, 2], [1, 2]); statistics.quantiles([1, 2])",
    "string": "import string; string.Template('$a').substitute(a=1); string.capwords('a b'); string.Formatter().format('{}', 1)",
    "stringprep": "import stringprep; stringprep.in_table_a1('a'); stringprep.map_table_b2('A')",
    "struct": "import struct; struct.unpack('<I', struct.pack('<I', 1)); struct.Struct('d').size; struct.calcsize('q')",
    "subprocess": "import subprocess; subprocess.PIPE; subprocess.CompletedProcess([], 0); subprocess.list2cmdline(['a'])",
    "symtable": "import symtable; symtable.symtable('def f(): pass', 'x', 'exec').get_children()",
    "sys": "import sys; sys.getsizeof(1); sys.setrecursionlimit(2000); sys.intern('a'); sys.exc_info(); sys.getrefcount(1); sys.version_info; sys.set_int_max_str_digits(0)",
    "sysconfig": "import sysconfig; sysconfig.get_python_version(); sysconfig.get_paths(); sysconfig.get_platform()",
    "tempfile": """
import tempfile
with tempfile.NamedTemporaryFile('w+', suffix='.txt') as f:
    f.write('x' * 10); f.flush(); f.seek(0); assert len(f.read()) == 10; assert f.name.endswith('.txt')
with tempfile.TemporaryFile() as f:
    f.write(b'x')
with tempfile.SpooledTemporaryFile(max_size=3) as f:
    f.write(b'12345'); f.seek(0); assert f.read() == b'12345'
""",
    "textwrap": "import textwrap; textwrap.fill('a b c', 2); textwrap.dedent(' a'); textwrap.shorten('a b c d', 6); textwrap.indent('a', ' ')",
    "threading": """
import threading
results = []
threads = [threading.Thread(target=results.append, args=(n,)) for n in range(10)]
[t.start() for t in threads]; [t.join() for t in threads]
assert sorted(results) == list(range(10))
timer = threading.Timer(0.001, results.append, (1,)); timer.start(); timer.join()
event = threading.Event(); threading.Thread(target=event.set).start(); assert event.wait(5)
threading.Barrier(1).wait(); threading.Semaphore().acquire(); threading.Condition(); threading.local(); threading.get_native_id()
threading.stack_size(256 * 1024); threading.Thread(target=abs, args=(1,), name='named').start(); threading.stack_size(0)
""",
    "time": (
        "import time; time.strptime('01 Jan 2024', '%d %b %Y'); time.strftime('%c'); time.time(); time.sleep(0.001); time.process_time();"
        " time.localtime(); time.ctime(); time.mktime(time.gmtime()); time.get_clock_info('monotonic'); time.thread_time(); time.tzname; time.tzset()"
    ),
    "bdb": "import bdb; bdb.Breakpoint.clearBreakpoints(); bdb.effective",
    "cmd": "import cmd, io; cmd.Cmd(stdin=io.StringIO('EOF\\n'), stdout=io.StringIO()).onecmd('help')",
    "code": "import code; code.InteractiveInterpreter({}).runsource('1 + 1'); code.compile_command('1')",
    "codeop": "import codeop; codeop.compile_command('if 1:')",
    "doctest": "import doctest; doctest.DocTestParser().get_examples('>>> 1\\n1'); doctest.run_docstring_examples('>>> 1\\n1', {})",
    "faulthandler": "import faulthandler; faulthandler.enable(); faulthandler.is_enabled(); faulthandler.dump_traceback(); faulthandler.disable()",
    "fcntl": "import fcntl; fcntl.fcntl(0, fcntl.F_GETFD); fcntl.LOCK_EX",
    "genericpath": "import genericpath; genericpath.commonprefix(['ab', 'ac']); genericpath.exists('x')",
    "grp": "import grp; grp.struct_group",
    "mimetypes": "import mimetypes; assert mimetypes.guess_type('a.html')[0] == 'text/html'",
    "netrc": "import netrc; netrc.NetrcParseError('x')",
    "ntpath": "import ntpath; ntpath.splitdrive('c:\\\\x'); ntpath.normpath('a/b')",
    "optparse": "import optparse; p = optparse.OptionParser(); p.add_option('-n', type='int'); assert p.parse_args(['-n', '3'])[0].n == 3",
    "pdb": "import io, pdb; pdb.Pdb(stdin=io.StringIO(), stdout=io.StringIO())",
    "plistlib": "import plistlib; assert plistlib.loads(plistlib.dumps({'a': 1})) == {'a': 1}",
    "poplib": "import poplib; str(poplib.error_proto('x'))",
    "posix": "import posix; posix.getpid(); posix.urandom(3)",
    "pty": "import pty; pty.STDIN_FILENO",
    "pwd": "import pwd; pwd.struct_passwd",
    "quopri": "import quopri; assert quopri.decodestring(quopri.encodestring(b'a=')) == b'a='",
    "readline": "import readline; readline.get_history_length(); readline.get_completer()",
    "runpy": "import runpy; runpy.run_path",
    "socketserver": "import socketserver; socketserver.BaseRequestHandler",
    "sre_compile": "import warnings; warnings.simplefilter('ignore'); import sre_compile; sre_compile.compile('a')",
    "sre_constants": "import warnings; warnings.simplefilter('ignore'); import sre_constants; sre_constants.MAGIC",
    "sre_parse": "import warnings; warnings.simplefilter('ignore'); import sre_parse; sre_parse.parse('a+')",
    "tarfile": "import io, tarfile; b = io.BytesIO(); t = tarfile.open(fileobj=b, mode='w:gz'); t.addfile(tarfile.TarInfo('x')); t.close(); b.seek(0); assert tarfile.open(fileobj=b).getnames() == ['x']",
    "termios": "import termios; termios.TCSANOW",
    "tty": "import tty; tty.LFLAG",
    "timeit": "import timeit; timeit.timeit('1', number=10); timeit.Timer('1').repeat(2, 2)",
    "token": "import token; token.tok_name[1]",
    "tokenize": "import io, tokenize; list(tokenize.generate_tokens(io.StringIO('a = 1').readline)); tokenize.untokenize([(1, 'a')])",
    "tomllib": "import tomllib; tomllib.loads('a = 2024-01-01')",
    "trace": "import trace; trace.Trace(count=1, trace=0).runfunc(abs, 1)",
    "traceback": """
import io, traceback
def inner():
    raise ValueError('x')
try:
    inner()
except ValueError as error:
    traceback.format_exc(); traceback.print_exc(file=io.StringIO()); traceback.TracebackException.from_exception(error).format()
    traceback.extract_tb(error.__traceback__); ''.join(traceback.format_exception(error))
traceback.format_stack()
try:
    import json; json.loads('{')
except ValueError:
    traceback.format_exc()
""",
    "tracemalloc": "import tracemalloc; tracemalloc.start(); tracemalloc.take_snapshot().statistics('lineno'); tracemalloc.stop()",
    "types": "import types; types.SimpleNamespace(a=1); types.new_class('A'); types.MappingProxyType({}); types.FunctionType(abs.__class__ and (lambda: 1).__code__, {})",
    "typing": "import typing; typing.get_type_hints(type('A', (), {'__annotations__': {'a': 'int'}})); typing.NamedTuple('N', [('a', int)]); typing.TypedDict('T', {'a': int}); typing.TypeVar('T'); typing.Protocol",
    "unicodedata": "import unicodedata; unicodedata.name('a'); unicodedata.normalize('NFKD', 'e'); '\\N{BULLET}'; unicodedata.lookup('BULLET')",
    "unittest": """
import io, unittest
from unittest import mock
class T(unittest.TestCase):
    def test_a(self):
        self.assertEqual(1, 1)
        with self.assertRaises(ValueError): int('x')
        with self.assertLogs() as logs:
            import logging; logging.error('x')
        with self.subTest(a=1): pass
class A(unittest.IsolatedAsyncioTestCase):
    async def test_b(self): self.assertTrue(True)
for case in (T, A):
    result = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    assert result.wasSuccessful(), (result.errors, result.failures)
mock.MagicMock(a=1).method.return_value = 2
with mock.patch('json.loads', return_value=1): pass
""",
    "urllib": (
        "import urllib.parse, urllib.request, urllib.error, urllib.robotparser; urllib.parse.urlparse('http://a/b?c=d');"
        " urllib.parse.quote('a b'); urllib.parse.parse_qs('a=1'); urllib.request.Request('http://a'); urllib.parse.urlencode({'a': 1})"
    ),
    "uuid": "import uuid; uuid.uuid4(); uuid.uuid5(uuid.NAMESPACE_DNS, 'a'); uuid.uuid3(uuid.NAMESPACE_URL, 'a'); uuid.UUID(int=5)",
    "warnings": """
import warnings
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter('always')
    warnings.warn('x', DeprecationWarning)
    eval('1 is 1')
assert seen
warnings.warn('visible')
""",
    "wave": "import io, wave; w = wave.open(io.BytesIO(), 'wb'); w.setnchannels(1); w.setsampwidth(1); w.setframerate(8000); w.writeframes(b'1')",
    "webbrowser": "import webbrowser; assert webbrowser.Chrome('c').name == 'c'",
    "weakref": "import weakref; weakref.WeakValueDictionary(); weakref.finalize(type('A', (), {})(), print); weakref.WeakSet(); weakref.ref(set())",
    "xml": """
import io, xml.etree.ElementTree as ET, xml.dom.minidom, xml.sax, xml.sax.saxutils
root = ET.fromstring('<a b="1"><c/>x</a>')
ET.tostring(root); ET.indent(root); root.find('.//c'); list(ET.iterparse(io.StringIO('<a/>')))
xml.dom.minidom.parseString('<a/>').toprettyxml(); xml.sax.parseString(b'<a/>', xml.sax.ContentHandler()); xml.sax.saxutils.escape('<')
""",
    "xmlrpc": "import xmlrpc.client; xmlrpc.client.loads(xmlrpc.client.dumps((1,)))",
    "zipfile": "import io, zipfile; b = io.BytesIO(); z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED); z.writestr('a', 'x'); z.close(); assert zipfile.ZipFile(b).read('a') == b'x'",
    "zipimport": "import zipimport; zipimport.ZipImportError",
    "zlib": "import zlib; zlib.decompress(zlib.compress(b'a')); zlib.adler32(b'a'); zlib.decompressobj()",
    "zoneinfo": """
import datetime, zoneinfo
zone = zoneinfo.ZoneInfo('America/New_York')
assert datetime.datetime(2024, 7, 1, tzinfo=zone).utcoffset() == datetime.timedelta(hours=-4)
assert str(datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))).endswith('+01:00')
assert len(zoneinfo.available_timezones()) > 400
zoneinfo.ZoneInfo.no_cache('Asia/Tokyo')
try: zoneinfo.ZoneInfo('No/Where')
except zoneinfo.ZoneInfoNotFoundError: pass
""",
}

#: What needs no import of its own, and still loads something the first time.
MORE_CALLS: dict[str, str] = {
    "a huge int as text": "import sys; sys.set_int_max_str_digits(0); int(str(3 ** 40000)) == 3 ** 40000; f'{7 ** 20000}'",
    "codecs of all kinds": """
for name in ('idna', 'punycode', 'cp1252', 'shift_jis', 'euc_kr', 'gb18030', 'big5', 'iso2022_jp', 'koi8_r', 'utf_7',
             'utf_16', 'utf_32', 'utf-8-sig', 'mac_roman', 'cp437', 'hz', 'raw_unicode_escape', 'unicode_escape'):
    assert 'abc'.encode(name).decode(name) == 'abc', name
'b\\xfccher.example'.encode('idna')
""",
    "an unknown codec": """
try: 'a'.encode('no_such_codec')
except LookupError: pass
""",
    "standard input": "import sys; sys.stdin.read(); open(0, closefd=False).read(); input",
    "percent and format": "'%s %r %.3f' % (1, 'a', 2.5); format(10 ** 20, ',d'); f'{1.5:e} {10**9:_}'",
    "exceptions in groups": "try: raise ExceptionGroup('x', [ValueError(1)])\nexcept* ValueError: pass",
    "generics": "import typing; list[int]; typing.Optional[int]; int | None; typing.Generic",
    "uncaught in a thread": "import threading; t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
    "a deep recursion": """
import sys
sys.setrecursionlimit(50000)
def down(n): return 0 if n == 0 else 1 + down(n - 1)
assert down(20000) == 20000
""",
    "exit and quit": "try: exit(0)\nexcept SystemExit: pass\ntry: quit()\nexcept SystemExit: pass",
}

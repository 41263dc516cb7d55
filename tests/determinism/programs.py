"""Programs that use a known part of their budget, as they read it from their own CPU clock."""

BURN = """
import time

def burn(s):
    end = time.process_time() + s
    while time.process_time() < end:
        pass
"""

#: Many threads that end before any reading has seen them.
THREADS = """
import threading, time

def threads(count, work_s, nap_s):
    def work():
        end = time.thread_time() + work_s
        while time.thread_time() < end:
            pass
        time.sleep(nap_s)
    for _ in range(count):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
"""

#: Prints, as JSON, what differs between runs unless it is fixed.
SEES = """
import datetime, gc, json, locale, os, platform, random, secrets, socket, sys, tempfile
import threading, time, uuid

class Thing:
    pass

things = [Thing() for _ in range(100)]

def reseeded():
    random.seed()
    return random.random()

def depth(n=0):
    try:
        return depth(n + 1)
    except RecursionError:
        return n

print(json.dumps({name: repr(value()) for name, value in {
    "random": lambda: (random.random(), random.sample(range(99), 5)),
    "generator": lambda: random.Random().random(),
    "reseeded": reseeded,
    "uuid1": lambda: uuid.uuid1(),
    "uuid4": lambda: uuid.uuid4(),
    "urandom": lambda: (os.urandom(8), os.getrandom(8), random.SystemRandom().random()),
    "secrets": lambda: (secrets.token_hex(8), secrets.randbelow(10 ** 9)),
    "id": lambda: (id(things[0]), id(object()), id(depth), id("x" * 100), id(bytearray(10 ** 6))),
    "free": lambda: [id(made) for made in ([], {}, (1, depth), 1.5 * len(things), bytearray(3),
        b"ab" * len(things), threading.Lock(), set(), Exception(), iter([]), 2 ** 80)],
    "repr": lambda: (things[1], depth, threading.Lock()),
    "order": lambda: [things.index(thing) for thing in set(things)],
    "words": lambda: list(set("abcdefgh")) + list({"x", b"x", 1.5, None}),
    "hash": lambda: (hash("x"), hash(b"x"), hash(1.5), hash(things[0]), hash(None)),
    "process": lambda: (os.getpid(), os.getppid(), os.getuid(), os.getgid(), os.getpgrp()),
    "threads": lambda: (threading.get_ident(), threading.get_native_id()),
    "environment": lambda: dict(os.environ),
    "directory": lambda: os.getcwd(),
    "host": lambda: (socket.gethostname(), os.uname().nodename),
    "kernel": lambda: (os.uname(), platform.release()),
    "processors": lambda: (os.cpu_count(), os.sched_getaffinity(0), os.getloadavg()),
    "zone": lambda: time.tzname,
    "offset": lambda: (time.timezone, time.localtime(10 ** 9)),
    "locale": lambda: (locale.getlocale(), locale.setlocale(locale.LC_ALL, "")),
    "encodings": lambda: (sys.getfilesystemencoding(), locale.getpreferredencoding()),
    "limits": lambda: (sys.getrecursionlimit(), depth(), sys.get_int_max_str_digits()),
    "collector": lambda: (gc.get_threshold(), gc.get_count(), gc.isenabled()),
    "names": lambda: next(tempfile._get_candidate_names()),
    "arguments": lambda: (sys.argv, sys.orig_argv),
    "time": lambda: (time.time(), time.monotonic_ns(), time.perf_counter(), time.process_time()),
    "datetime": lambda: (datetime.datetime.now(), datetime.datetime.utcnow(),
                         datetime.datetime.now(datetime.timezone.utc), datetime.datetime.today()),
    "calendar": lambda: (time.ctime(), time.strftime("%c %f"), time.gmtime(), time.time_ns()),
}.items()}))
"""

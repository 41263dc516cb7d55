"""Concurrency: coroutines, event loops, threads, locks and queues."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "a thread of the solution that calls the test between its calls": Honest(
        """\
import queue, threading
class Worker(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.jobs, self.done = queue.Queue(), []
    def size(self, n): return n + len("abc")
    def run(self):
        while (job := self.jobs.get()) is not None:
            self.done.append(job())
    def stop(self):
        self.jobs.put(None)
        self.join()
""",
        (
            """\
worker = Worker()
worker.start()
for n in range(20):
    worker.jobs.put(lambda n=n: worker.size(n))
    assert worker.size(0) == 3
worker.stop()
assert worker.done == list(range(3, 23))
""",
        ),
    ),
    "a thread of the solution that has called the test before the next call": Honest(
        """\
import queue, threading
class Worker(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.jobs = queue.Queue()
    def run(self):
        while True:
            self.jobs.get()()
    def submit(self, job): self.jobs.put(job)
    def ping(self): return "pong"
""",
        (
            """\
import time
workers = [Worker(), Worker()]
for worker in workers:
    worker.start()
found = []
for n in range(5):
    for worker in workers:
        worker.submit(lambda: found.append((n, worker.ping())))
    time.sleep(0.05)
    assert worker.ping() == "pong"
    assert found == [(n, "pong")] * 2
    found.clear()
""",
        ),
    ),
    "threads of the test that wait for each other in the solution": Honest(
        """\
import threading
class InOrder:
    def __init__(self): self.events = [threading.Event() for _ in range(3)]
    def run(self, place, work):
        if place: self.events[place - 1].wait()
        work()
        self.events[place].set()
class Buffer:
    def __init__(self, most):
        self.most, self.items, self.changed = most, [], threading.Condition()
    def put(self, item):
        with self.changed:
            self.changed.wait_for(lambda: len(self.items) < self.most)
            self.items.append(item)
            self.changed.notify_all()
    def get(self):
        with self.changed:
            self.changed.wait_for(lambda: self.items)
            item = self.items.pop(0)
            self.changed.notify_all()
            return item
""",
        (
            """\
import threading
order, found = InOrder(), []
work = [lambda n=n: found.append((n, threading.current_thread().name)) for n in range(3)]
threads = [threading.Thread(target=order.run, args=(n, work[n])) for n in (2, 0, 1)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert [n for n, _ in found] == [0, 1, 2]
""",
            """\
import threading
buffer, found = Buffer(2), []
def take():
    for _ in range(20): found.append(buffer.get())
thread = threading.Thread(target=take)
thread.start()
for n in range(20): buffer.put(n)
thread.join()
assert found == [*range(20)]
""",
            """\
import threading, time
buffer = Buffer(1)
buffer.put(1)
thread = threading.Thread(target=buffer.put, args=(2,))
thread.start()
time.sleep(0.05)
assert thread.is_alive()
assert buffer.get() == 1
thread.join()
assert buffer.get() == 2
""",
            """\
import threading
buffer = Buffer(1)
thread = threading.Thread(target=lambda: (time.sleep(0.02), buffer.put(7)))
import time
thread.start()
assert buffer.get() == 7
""",
            """\
from concurrent.futures import ThreadPoolExecutor
buffer = Buffer(3)
with ThreadPoolExecutor(8) as executor:
    found = [executor.submit(buffer.get) for _ in range(4)]
    for n in range(4): executor.submit(buffer.put, n)
    assert sorted(each.result() for each in found) == [0, 1, 2, 3]
""",
            """\
import asyncio
buffer = Buffer(1)
async def main():
    one = asyncio.create_task(asyncio.to_thread(buffer.get))
    await asyncio.sleep(0.01)
    await asyncio.to_thread(buffer.put, 5)
    assert await one == 5
asyncio.run(main())
""",
        ),
    ),
    "more threads of the test than the solution can have": Honest(
        """\
import threading
event, lock, calls = threading.Event(), threading.Lock(), []
def wait(n):
    event.wait()
    with lock: calls.append(n)
    return n
def wake(): event.set()
""",
        (
            """\
import threading
found = []
threads = [threading.Thread(target=lambda n=n: found.append(wait(n))) for n in range(64)]
for thread in threads: thread.start()
wake()
for thread in threads: thread.join()
assert sorted(found) == sorted(calls) == [*range(64)]
""",
        ),
    ),
    "objects and lists of many threads of the test": Honest(
        """\
class Box:
    def __init__(self): self.total, self.items = 0, []
    def add(self, n):
        self.total += n
        return self.total
    def other(self): return Box()
""",
        (
            """\
import sys, threading
sys.setswitchinterval(1e-5)
def work(n):
    for _ in range(40):
        box = Box()
        assert box.add(n) == n == box.total
        box.items.append(n)
        assert box.items == [n] and box.other().items == []
threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert Box().total == 0
""",
        ),
    ),
    "a call that the test's alarm ends": Honest(
        """\
import time
def slow(): time.sleep(0.4); return "late"
def inc(n): return n + 1
""",
        (
            """\
import pytest, signal, threading
class TooLate(Exception): pass
def ring(*_): raise TooLate
event = threading.Event()
thread = threading.Thread(target=event.wait)
thread.start()
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.1)
with pytest.raises(TooLate): slow()
assert inc(1) == 2
event.set()
thread.join()
""",
        ),
    ),
    "threads of the test that are threads of the solution": Honest(
        """\
import threading
local, lock = threading.local(), threading.RLock()
def set_own(value): local.value = value
def own(): return getattr(local, "value", None)
def take(): return lock.acquire(blocking=False)
def name(): return threading.current_thread().name
def is_main(): return threading.current_thread() is threading.main_thread()
def fail(): raise ValueError(name())
""",
        (
            """\
import threading
set_own(1)
found = []
def run():
    found.append(own())
    set_own(2)
    found.append(own())
for _ in range(3):
    thread = threading.Thread(target=run)
    thread.start()
    assert own() == 1
    thread.join()
assert found == [None, 2] * 3
""",
            """\
import threading
found = []
assert take() is True
thread = threading.Thread(target=lambda: found.append(take()))
thread.start()
thread.join()
assert found == [False] and take() is True
""",
            """\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1, thread_name_prefix="worker") as executor:
    assert executor.submit(name).result() == "worker_0"
    assert executor.submit(is_main).result() is False
    assert is_main() is True and name() == "MainThread"
    assert str(executor.submit(fail).exception()) == "worker_0"
assert is_main() is True
""",
            """\
import threading
found = []
for _ in range(100):
    thread = threading.Thread(target=lambda: found.append(own()))
    thread.start()
    thread.join()
assert found == [None] * 100
""",
        ),
    ),
    "async": Honest(
        """\
import asyncio

async def f(x):
    await asyncio.sleep(0.001)
    return x + 1

class AC:

    async def __aenter__(s):
        return 1

    async def __aexit__(s, *a):
        return False

async def ag():
    for i in range(3):
        yield i""",
        (
            """\
import asyncio
assert asyncio.run(f(1)) == 2""",
            """\
import asyncio

async def m():
    return await asyncio.gather(f(1), f(2))
assert asyncio.run(m()) == [2, 3]""",
            """\
import asyncio

async def m():
    async with AC() as x:
        return x
assert asyncio.run(m()) == 1""",
            """\
import asyncio

async def m():
    return [x async for x in ag()]
assert asyncio.run(m()) == [0, 1, 2]""",
            """\
import asyncio, inspect
assert inspect.iscoroutinefunction(f)""",
            """\
import asyncio
assert asyncio.get_event_loop_policy().new_event_loop().run_until_complete(f(1)) == 2""",
        ),
    ),
    "async cb": Honest(
        """\
import asyncio

async def retry(fn, n):
    for i in range(n):
        try:
            return await fn(i)
        except ValueError:
            pass""",
        (
            """\
import asyncio

async def fetch(i):
    if i < 2:
        raise ValueError
    return i
assert asyncio.run(retry(fetch, 5)) == 2""",
        ),
    ),
    "AsyncIter cls": Honest(
        """\
class A:

    def __init__(s, n):
        s.n = n

    def __aiter__(s):
        return s

    async def __anext__(s):
        if s.n == 0:
            raise StopAsyncIteration
        s.n -= 1
        return s.n""",
        (
            """\
import asyncio

async def m():
    return [x async for x in A(3)]
assert asyncio.run(m()) == [2, 1, 0]""",
        ),
    ),
    "coroutine twice": Honest(
        """\
import asyncio

async def f(x):
    return x""",
        (
            """\
import asyncio

async def m():
    t = asyncio.create_task(f(3))
    return await t
assert asyncio.run(m()) == 3
loop = asyncio.new_event_loop()
assert loop.run_until_complete(f(1)) == 1
loop.close()""",
        ),
    ),
    "event/async queue": Honest(
        """\
async def worker(q, out):
    while True:
        x = await q.get()
        if x is None:
            return
        out.append(x * 2)""",
        (
            """\
import asyncio

async def main():
    q = asyncio.Queue()
    out = []
    for x in (1, 2, None):
        q.put_nowait(x)
    await worker(q, out)
    return out
assert asyncio.run(main()) == [2, 4]""",
        ),
    ),
    "wait_for": Honest(
        """\
import asyncio

async def slow():
    await asyncio.sleep(5)""",
        (
            """\
import asyncio

async def m():
    try:
        await asyncio.wait_for(slow(), 0.05)
    except asyncio.TimeoutError:
        return 'timeout'
assert asyncio.run(m()) == 'timeout'""",
        ),
    ),
    "gather concurrency": Honest(
        """\
import asyncio
async def s(x):
    await asyncio.sleep(0.1)
    return x""",
        (
            """\
import asyncio, time
async def m():
    return await asyncio.gather(*(s(i) for i in range(5)))
t=time.perf_counter()
assert asyncio.run(m()) == [0,1,2,3,4]
assert time.perf_counter()-t < 0.45""",
        ),
    ),
    "producer consumer": Honest(
        """\
import asyncio
async def prod(q,n):
    for i in range(n):
        await q.put(i)
    await q.put(None)
async def cons(q):
    out=[]
    while (x := await q.get()) is not None:
        out.append(x)
    return out""",
        (
            """\
import asyncio
async def m():
    q=asyncio.Queue(maxsize=1)
    _, r = await asyncio.gather(prod(q,5), cons(q))
    return r
assert asyncio.run(m()) == [0,1,2,3,4]""",
        ),
    ),
    "semaphore": Honest(
        """\
import asyncio
async def limited(fns, n):
    sem=asyncio.Semaphore(n)
    async def one(f):
        async with sem:
            return await f()
    return await asyncio.gather(*map(one,fns))""",
        (
            """\
import asyncio
live=0; peak=0
async def job():
    global live, peak
    live+=1; peak=max(peak,live)
    await asyncio.sleep(0.01)
    live-=1
    return 1
assert asyncio.run(limited([job]*6, 2)) == [1]*6
assert peak == 2, peak""",
        ),
    ),
    "cancel": Honest(
        """\
import asyncio
log=[]
async def w():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        log.append("c")
        raise""",
        (
            """\
import asyncio
async def m():
    t=asyncio.create_task(w())
    await asyncio.sleep(0.02)
    t.cancel()
    try:
        await t
    except asyncio.CancelledError:
        return 1
assert asyncio.run(m()) == 1 and log == ["c"]""",
        ),
    ),
    "agen": Honest(
        """\
import asyncio
async def g(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i""",
        (
            """\
import asyncio
async def m():
    return [x async for x in g(4)]
assert asyncio.run(m()) == [0,1,2,3]""",
            """\
import inspect
assert inspect.isasyncgenfunction(g)""",
        ),
    ),
    "iscoro": Honest(
        "async def f(): return 1",
        (
            """\
import inspect, asyncio
assert inspect.iscoroutinefunction(f)
assert asyncio.iscoroutinefunction(f)
assert asyncio.run(f()) == 1""",
        ),
    ),
    "async exc": Honest(
        """\
class E(Exception): pass
async def f(): raise E(3)""",
        (
            """\
import asyncio
try:
    asyncio.run(f())
except E as e:
    assert e.args == (3,)
else:
    assert 0""",
        ),
    ),
    "async class": Honest(
        """\
import asyncio
class C:
    async def __aenter__(s): return s
    async def __aexit__(s,*a): s.done=True
    async def get(s): return 7
    def __aiter__(s): s.i=0; return s
    async def __anext__(s):
        s.i+=1
        if s.i>2: raise StopAsyncIteration
        return s.i""",
        (
            """\
import asyncio
async def m():
    async with C() as c:
        assert await c.get() == 7
        assert [x async for x in c] == [1,2]
    assert c.done
asyncio.run(m())""",
        ),
    ),
    "sync runs test coro": Honest(
        """\
import asyncio
def run(c): return asyncio.run(c)""",
        (
            """\
import asyncio
async def c():
    await asyncio.sleep(0)
    return 4
assert run(c()) == 4""",
        ),
    ),
    "timeout cb": Honest(
        """\
import asyncio
async def wt(c,t):
    try:
        return await asyncio.wait_for(c,t)
    except asyncio.TimeoutError:
        return "late"
""",
        (
            """\
import asyncio
async def slow(): await asyncio.sleep(1); return 1
async def fast(): return 2
assert asyncio.run(wt(slow(),0.05)) == "late"
assert asyncio.run(wt(fast(),0.5)) == 2""",
        ),
    ),
    "as_completed": Honest(
        """\
import asyncio
async def s(x):
    await asyncio.sleep(x/5)
    return x""",
        (
            """\
import asyncio
async def m():
    return [await c for c in asyncio.as_completed([s(3),s(1),s(2)])]
assert asyncio.run(m()) == [1,2,3]""",
        ),
    ),
    "event": Honest(
        """\
import asyncio
async def waiter(ev):
    await ev.wait()
    return "go"
""",
        (
            """\
import asyncio
async def m():
    ev=asyncio.Event()
    t=asyncio.create_task(waiter(ev))
    await asyncio.sleep(0.01)
    assert not t.done()
    ev.set()
    return await t
assert asyncio.run(m()) == "go"
""",
        ),
    ),
    "IsolatedAsyncioTestCase": Honest(
        "async def f(): return 3",
        (
            """\
import unittest, io
class T(unittest.IsolatedAsyncioTestCase):
    async def test_f(self):
        self.assertEqual(await f(), 3)
r = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
assert r.wasSuccessful() and r.testsRun == 1""",
        ),
    ),
    "threadpool": Honest(
        """\
def sq(x):
    return x * x""",
        (
            """\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as p:
    assert list(p.map(sq, range(20))) == [x * x for x in range(20)]""",
        ),
    ),
    "sol threads cb": Honest(
        """\
import threading

def run(cb, n):
    ts = [threading.Thread(target=cb, args=(i,)) for i in range(n)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()""",
        (
            """\
out = []
run(out.append, 8)
assert sorted(out) == list(range(8))""",
        ),
    ),
    "queue arg": Honest(
        """\
def produce(q):
    for i in range(3):
        q.put(i)""",
        (
            """\
import queue
q = queue.Queue()
produce(q)
assert [q.get() for _ in range(3)] == [0, 1, 2]""",
        ),
    ),
    "lock arg": Honest(
        """\
def f(lock):
    with lock:
        return lock.locked()""",
        (
            """\
import threading
l = threading.Lock()
assert f(l) is True and (not l.locked())""",
        ),
    ),
    "threads in test": Honest(
        """\
import threading
n = 0
l = threading.Lock()

def inc():
    global n
    with l:
        n += 1
    return n""",
        (
            """\
import threading
ts = [threading.Thread(target=inc) for _ in range(5)]
[t.start() for t in ts]
[t.join() for t in ts]
assert inc() == 6""",
        ),
    ),
    "lock lru": Honest(
        """\
from collections import OrderedDict
class LRUCache(OrderedDict):
    def __init__(self, cap): super().__init__(); self.cap=cap
    def __setitem__(self,k,v):
        super().__setitem__(k,v)
        self.move_to_end(k)
        if len(self)>self.cap: self.popitem(last=False)
    def __getitem__(self,k):
        v=super().__getitem__(k)
        self.move_to_end(k)
        return v""",
        (
            """\
c=LRUCache(2)
c["a"]=1
c["b"]=2
_=c["a"]
c["c"]=3
assert list(c)==["a","c"] and "b" not in c and len(c)==2""",
            """\
c=LRUCache(1)
assert isinstance(c, dict) and dict(c) == {}""",
        ),
    ),
    "tpe in sol": Honest(
        """\
from concurrent.futures import ThreadPoolExecutor

def f(xs):
    with ThreadPoolExecutor(2) as p:
        return list(p.map(abs, xs))""",
        ("assert f([-1, 2]) == [1, 2]",),
    ),
    "forty threads at once": Honest(
        """\
import threading
class Tally:
    def __init__(self):
        self.n = 0
        self.lock = threading.Lock()
    def add(self):
        with self.lock:
            self.n += 1

def meet(count):
    barrier = threading.Barrier(count)
    met = []
    def run(number):
        barrier.wait()
        met.append(number)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return sorted(met)

def deep(levels):
    depths = []
    def down(n): return max(map(down, [n - 1])) + 1 if n else 0
    threads = [threading.Thread(target=lambda: depths.append(down(levels))) for _ in range(20)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return depths""",
        (
            "assert meet(40) == list(range(40))",
            """\
import threading, time
counter = Tally()
def work():
    counter.add()
    time.sleep(0.001)
    counter.add()
threads = [threading.Thread(target=work) for _ in range(40)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert counter.n == 80""",
            "assert deep(100) == [100] * 20",
        ),
    ),
    "tests that wait for threads of the solution": Honest(
        """\
import threading, time

def after(seconds, function):
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer

def debounce(seconds):
    def decorate(function):
        timer = None
        def call(*args):
            nonlocal timer
            if timer is not None: timer.cancel()
            timer = after(seconds, lambda: function(*args))
        return call
    return decorate

def each(items, function):
    def run():
        for item in items:
            time.sleep(0.01)
            function(item)
    threading.Thread(target=run, daemon=True).start()""",
        (
            """import time
calls = []
after(0.05, lambda: calls.append(1))
assert calls == []
time.sleep(0.5)
assert calls == [1]""",
            """from time import sleep
seen = []
@debounce(0.05)
def see(x): seen.append(x)
for x in range(3): see(x)
sleep(0.5)
assert seen == [2]""",
            """import threading
done = threading.Event()
after(0.05, done.set)
assert done.wait(10)""",
            """import queue
found = queue.Queue()
each("abc", found.put)
assert [found.get(timeout=10) for _ in range(3)] == ["a", "b", "c"]""",
            """import threading
condition, seen = threading.Condition(), []
def see(x):
    with condition:
        seen.append(x)
        condition.notify()
each([1, 2], see)
with condition:
    assert condition.wait_for(lambda: seen == [1, 2], timeout=10)""",
            """import queue, time
began = time.monotonic()
try:
    after(0.02, lambda: None) and queue.Queue().get(timeout=0.2)
except queue.Empty:
    assert time.monotonic() - began >= 0.2""",
        ),
    ),
    "coroutines that the solution awaits together": Honest(
        """\
import asyncio
class Limit:
    def __init__(self, most): self.most, self.now, self.peak = asyncio.Semaphore(most), 0, 0
    async def run(self, awaitable):
        async with self.most:
            self.now += 1
            self.peak = max(self.peak, self.now)
            result = await awaitable
            self.now -= 1
            return result
async def double(x):
    await asyncio.sleep(0.001)
    return 2 * x""",
        (
            """\
import asyncio
async def main():
    limit = Limit(2)
    assert await asyncio.gather(*(limit.run(double(x)) for x in range(4))) == [0, 2, 4, 6]
    return limit.peak
assert asyncio.run(main()) == 2""",
        ),
    ),
    "what a coroutine is": Honest(
        "async def f(): return 1",
        (
            """\
import asyncio, collections.abc, inspect, types
made = f()
assert inspect.iscoroutine(made) and inspect.isawaitable(made) and asyncio.iscoroutine(made)
assert isinstance(made, types.CoroutineType) and isinstance(made, collections.abc.Coroutine)
assert asyncio.run(made) == 1""",
        ),
    ),
    "threads that wait for what the test puts": Honest(
        """\
import queue, threading
def start(count, work, done):
    def loop():
        while (item := work.get()) is not None:
            done.append(item * 2)
            work.task_done()
        work.task_done()
    threads = [threading.Thread(target=loop) for _ in range(count)]
    for each in threads: each.start()
    return threads
def pump(work, limit):
    thread = threading.Thread(target=lambda: [work.put(n) for n in range(limit)])
    thread.start()
    return thread
def after(gate, log):
    thread = threading.Thread(target=lambda: log.append(gate.wait()))
    thread.start()
    return thread
def own(work):
    threading.Timer(0.01, work.put, [7]).start()
    return work.get()
def use(slots, log):
    def one():
        with slots: log.append(1)
    threads = [threading.Thread(target=one) for _ in range(3)]
    for each in threads: each.start()
    return threads""",
        (
            "import queue\nwork, done = queue.Queue(), []\nthreads = start(2, work, done)\n"
            "for n in (1, 2, 3): work.put(n)\nwork.join()\nassert sorted(done) == [2, 4, 6]\n"
            "for each in threads: work.put(None)\nfor each in threads: each.join()\n"
            "assert not any(each.is_alive() for each in threads)",
            "import queue\nwork = queue.Queue(maxsize=1)\nthread = pump(work, 4)\n"
            "assert [work.get() for _ in range(4)] == [0, 1, 2, 3]\nthread.join()",
            "import threading\ngate, log = threading.Event(), []\nthread = after(gate, log)\n"
            "assert log == []\ngate.set()\nthread.join()\nassert log == [True]",
            "import queue\nassert own(queue.Queue()) == 7",
            "import threading\nslots, log = threading.Semaphore(1), []\nslots.acquire()\n"
            "threads = use(slots, log)\nassert log == []\nslots.release()\n"
            "for each in threads: each.join()\nassert log == [1, 1, 1]",
        ),
    ),
    "turns of gathered coroutines": Honest(
        """\
import asyncio
async def talk(name, count, log):
    for n in range(count):
        log.append(f'{name}{n}')
        await asyncio.sleep(0)
class Mutex:
    def __init__(self): self.lock, self.log = asyncio.Lock(), []
    async def use(self, n):
        async with self.lock:
            self.log.append(n)
            await asyncio.sleep(0)
            self.log.append(-n)
async def many(n):
    for _ in range(n): await asyncio.sleep(0)
    return n""",
        (
            "import asyncio\nlog = []\nasync def main():\n"
            "    await asyncio.gather(talk('a', 3, log), talk('b', 3, log))\nasyncio.run(main())\n"
            "assert log == ['a0', 'b0', 'a1', 'b1', 'a2', 'b2']",
            "import asyncio\nlog = []\nasync def own():\n    for n in range(2):\n"
            "        log.append(f'own{n}')\n        await asyncio.sleep(0)\n"
            "async def main():\n    await asyncio.gather(talk('a', 2, log), talk('b', 2, log), own())\n"
            "asyncio.run(main())\nassert log == ['a0', 'b0', 'own0', 'a1', 'b1', 'own1']",
            "import asyncio\nasync def main():\n    mutex = Mutex()\n"
            "    await asyncio.gather(*(mutex.use(n) for n in (1, 2, 3)))\n    return mutex.log\n"
            "assert asyncio.run(main()) == [1, -1, 2, -2, 3, -3]",
            "import asyncio\nasync def main(): return await asyncio.gather(*map(many, [9, 9999, 99]))\n"
            "assert asyncio.run(main()) == [9, 9999, 99]",
        ),
    ),
    "steps of an asynchronous generator as tasks": Honest(
        """\
import asyncio
async def ticker(n, delay=0):
    for i in range(n):
        await asyncio.sleep(delay)
        yield i
""",
        (
            """\
import asyncio
async def main():
    late = asyncio.create_task(anext(ticker(1, 5)))
    await asyncio.sleep(0.01)
    late.cancel()
    got = await asyncio.gather(late, return_exceptions=True)
    assert isinstance(got[0], asyncio.CancelledError)
    try:
        await asyncio.wait_for(ticker(1, 5).__anext__(), 0.01)
    except asyncio.TimeoutError:
        pass
    ticks = ticker(2, 0.001)
    got = [await asyncio.wait_for(anext(ticks), 1), await asyncio.create_task(anext(ticks))]
    try:
        await asyncio.wait_for(anext(ticks), 1)
    except StopAsyncIteration:
        return got
assert asyncio.run(main()) == [0, 1]
""",
        ),
    ),
}

"""The crew does what it is given, in order and in few threads; the watch sees every end."""

import functools
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from runner.pool.threads import HangupWatcher, ThreadCrew, Watched
from runner.sandbox.transport import SocketStream, Transport

Eventually = Callable[[Callable[[], object]], None]
Crew = ThreadCrew[Callable[[], None]]
Watch = HangupWatcher[Watched]


def wait(event: threading.Event) -> None:
    event.wait(5)


def fail() -> None:
    raise ZeroDivisionError


@pytest.fixture
def crew() -> Iterator[Crew]:
    crew = Crew("test-crew", 2)
    yield crew
    crew.stop()
    assert crew.join(time.monotonic() + 5)


def test_tasks_are_done_in_order(crew: Crew, eventually: Eventually) -> None:
    done: list[int] = []
    one = Crew("test-one", 1)
    for index in range(100):
        one.submit(functools.partial(done.append, index))
    eventually(lambda: len(done) == 100)
    one.stop()
    one.join(time.monotonic() + 5)
    assert done == list(range(100))


def test_a_crew_is_as_large_as_its_work(crew: Crew, eventually: Eventually) -> None:
    hold = threading.Event()
    before = threading.active_count()
    for _ in range(5):
        crew.submit(functools.partial(wait, hold))
    eventually(lambda: crew.pending == 3)
    assert threading.active_count() == before + 2
    hold.set()


def test_a_crew_makes_do_with_the_threads_it_gets(
    crew: Crew, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    hold, done = threading.Event(), threading.Event()
    crew.submit(functools.partial(wait, hold))
    eventually(lambda: crew.pending == 0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        crew.submit(done.set)
    hold.set()
    assert done.wait(5)


def test_a_task_that_fails_does_not_end_its_thread(
    crew: Crew, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()
    crew.submit(fail)
    crew.submit(done.set)
    assert done.wait(5)
    eventually(lambda: "background task failed" in caplog.text)


def test_later_tasks_wait_and_can_be_hurried(crew: Crew) -> None:
    done = threading.Event()
    crew.submit(done.set, delay_s=60)
    assert not done.wait(0.02)
    crew.run_delayed_now()
    assert done.wait(5)


def test_a_short_delay_passes(crew: Crew) -> None:
    done = threading.Event()
    crew.submit(done.set, delay_s=0.01)
    assert done.wait(5)


def test_a_stopped_crew_hands_back_what_it_has_not_begun() -> None:
    crew = Crew("test-stopped", 1)

    def task() -> None:
        raise AssertionError("never done")

    crew.submit(task, delay_s=60)
    assert crew.stop() == [task]
    assert not crew.submit(task)
    assert crew.join(time.monotonic() + 5)


@pytest.fixture
def watch() -> Iterator[tuple[Watch, list[Watched]]]:
    ended: list[Watched] = []
    watch = Watch("test-watch", ended.append)
    watch.start()
    yield watch, ended
    watch.stop(time.monotonic() + 5)


def pair() -> tuple[Transport, socket.socket]:
    ours, theirs = socket.socketpair()
    return Transport(SocketStream(ours)), theirs


def test_the_end_of_a_stream_is_seen(
    watch: tuple[Watch, list[Watched]], eventually: Eventually
) -> None:
    watcher, ended = watch
    pairs = [pair() for _ in range(5)]
    for ours, _ in pairs:
        watcher.add(ours)
    for ours, theirs in (pairs[3], pairs[1]):
        theirs.close()
        eventually(functools.partial(ended.__contains__, ours))
    assert ended == [pairs[3][0], pairs[1][0]]
    for ours, theirs in pairs:
        ours.close()
        theirs.close()


def test_bytes_are_not_an_end(watch: tuple[Watch, list[Watched]], eventually: Eventually) -> None:
    watcher, ended = watch
    (ours, theirs), (other, gone) = pair(), pair()
    for each in (ours, other):
        watcher.add(each)
    theirs.send(b"x" * 100)
    gone.close()
    eventually(lambda: ended)  # the watcher has looked at both
    assert ended == [other]
    theirs.close()
    eventually(lambda: ended == [other, ours])
    for each in (ours, other):
        each.close()


def test_a_stream_may_be_closed_without_notice(
    watch: tuple[Watch, list[Watched]], eventually: Eventually
) -> None:
    watcher, ended = watch
    for _ in range(50):
        ours, theirs = pair()
        watcher.add(ours)
        ours.close()
        theirs.close()
    last, theirs = pair()
    watcher.add(last)
    theirs.close()
    eventually(lambda: last in ended)
    assert len(ended) == len(set(ended))
    last.close()


def test_adding_after_the_end_does_no_harm() -> None:
    watch = Watch("test-watch", lambda _: None)
    watch.stop(time.monotonic() + 5)
    ours, theirs = pair()
    watch.add(ours)
    ours.close()
    watch.add(ours)
    theirs.close()

"""Programs that use a known part of their budget, as they read it from their own CPU clock."""

BURN = """
import time

def burn(s):
    end = time.process_time() + s
    while time.process_time() < end:
        pass
"""

#: Many threads that end before anybody has seen them.
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

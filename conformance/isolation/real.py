"""Python's primitives as they are, kept before anything is put in their place.

The scheduler, the loop and the proxy use only these, so that they never wait for what they run.
"""

import _queue
import _thread
import socket
import sys
import threading
import time
from collections.abc import Callable

allocate_lock = _thread.allocate_lock
LockType = _thread.LockType
RLockType = _thread.RLock
SimpleQueue = _queue.SimpleQueue

get_ident = _thread.get_ident
start_new_thread = _thread.start_new_thread
start_joinable_thread: Callable[..., object] | None = None
if sys.version_info >= (3, 13):
    start_joinable_thread = _thread.start_joinable_thread
join = threading.Thread.join
is_alive = threading.Thread.is_alive

monotonic, monotonic_ns = time.monotonic, time.monotonic_ns
perf_counter, perf_counter_ns = time.perf_counter, time.perf_counter_ns
wall_clock, wall_clock_ns = time.time, time.time_ns
sleep = time.sleep

connect = socket.socket.connect

"""Probes: harmless attempts at what a solution must not be able to do.

Each is the body of a function that returns something true if the attempt got through. System calls
are tried with arguments that do nothing: ``got(name, ...)`` is true unless the call was refused.
"""

from collections.abc import Iterable
from typing import NamedTuple

#: What every probe may use.
PRELUDE = '''
import ctypes, errno, gc, io, os, resource, signal, socket, struct, subprocess, sys, threading, time

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
BAD = 1  # an address where nothing is
MINUS = 0xFFFFFFFF

#: Calls that do not exist here, be it for the kernel or for a filter.
ABSENT = []

def call(name, *args):
    """Return result and errno of a system call; ENOSYS if this machine does not have it."""
    number = NUMBERS[os.uname().machine].get(name)
    if number is None:
        ABSENT.append(name)
        return -1, errno.ENOSYS
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    ctypes.set_errno(0)
    result, number = _libc.syscall(ctypes.c_long(number), *words), ctypes.get_errno()
    if result < 0 and number == errno.ENOSYS:
        ABSENT.append(name)
    return result, number

def got(name, *args):
    result, number = call(name, *args)
    return result >= 0 or number not in (errno.EPERM, errno.EACCES, errno.ENOSYS)

def fd_from(name, *args):
    """Like got(), for calls that return a descriptor."""
    result, number = call(name, *args)
    if result >= 0:
        os.close(result)
    return result >= 0 or number not in (errno.EPERM, errno.EACCES, errno.ENOSYS)

def pair(kind=socket.SOCK_STREAM):
    return [end.detach() for end in socket.socketpair(socket.AF_UNIX, kind)]

def address(path):
    """Return a name of AF_UNIX, and its length."""
    name = struct.pack("H", socket.AF_UNIX) + path + b"\\0"
    return ctypes.c_char_p(name), len(name)

def library_page():
    """Return a page that all processes of this image share."""
    return ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value & ~4095

def fresh(size=1 << 21, flags=0x22):
    """Map memory; None if that is refused, and not for lack of it."""
    result, number = call("mmap", 0, size, 3, flags, -1, 0)
    if result < 0:
        return None if number in (errno.EPERM, errno.EINVAL) else -number
    return result

def cpu_clock(pid):
    return (~pid << 3) | 2

def answers(*calls):
    """Return what each call says: looked up, two paths have different ones."""
    return [call(*each)[1] for each in calls]

def text(path):
    with open(path, "rb") as file:
        return file.read(4096)

def writes(path, data=b"x"):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        return os.write(fd, data) > 0
    finally:
        os.close(fd)

def status(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return line.split()[1]
'''


class Probe(NamedTuple):
    """One attempt.

    Attributes:
        name: Unique; begins with the category's first letters.
        category: One of the nine.
        tier: 1 boundary, 2 hardening, 3 hygiene.
        body: Python statements; ``return`` something true if the attempt got through.
        never: Why the attempt fails even in the weak configuration; empty if it must not.
        waived: Why a tier 3 probe may get through here; empty if it must not.
    """

    name: str
    category: str
    tier: int
    body: str
    never: str = ""
    waived: str = ""


def _many(category: str, tier: int, lines: str) -> list[Probe]:
    """Read ``name: expression`` lines; ``# reason`` says why one never bites."""
    probes = []
    for line in lines.strip().splitlines():
        name, _, rest = line.strip().partition(": ")
        body, _, never = rest.partition("  # ")
        probes.append(Probe(name, category, tier, f"return {body}", never))
    return probes


_FILESYSTEM = _many(
    "filesystem",
    1,
    """
    fs_proc1_fd_list: os.listdir("/proc/1/fd")
    fs_proc1_stdout: os.close(os.open("/proc/1/fd/1", os.O_WRONLY | os.O_NONBLOCK)) is None
    fs_parent_fds: os.listdir(f"/proc/{os.getppid()}/fd")
    fs_parent_mem: os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR)) is None
    fs_parent_root: os.listdir(f"/proc/{os.getppid()}/root")
    fs_root_list: os.listdir("/")
    fs_etc_passwd: text("/etc/passwd")
    fs_worker_source: text("/opt/runner/worker/supervisor/supervisor.py")
    fs_stdlib_source: text(os.__file__)
    fs_write_root: writes("/sandbox-probe")
    fs_write_tmp: writes("/tmp/sandbox-probe")
    fs_write_stdlib: writes(os.path.dirname(os.__file__) + "/sandbox_probe.py")
    fs_write_worker: writes("/opt/runner/worker/sandbox_probe.py")
    fs_mkdir: os.mkdir("/tmp/sandbox-probe-dir") is None or os.rmdir("/tmp/sandbox-probe-dir") is None
    fs_symlink: os.symlink("/etc/passwd", "/tmp/sandbox-probe-link") is None
    fs_hardlink: os.link(os.__file__, os.__file__ + ".sandbox-probe") is None
    fs_rename: os.rename("/etc/group", "/etc/group") is None
    fs_unlink_missing: got("unlinkat", -100, b"/sandbox-probe-none", 0)
    fs_chmod_self: os.chmod("/etc/group", 0o644) is None
    fs_chown: os.chown("/etc/group", 0, 0) is None
    fs_chdir: os.chdir("/usr") is None
    fs_fifo: os.mkfifo(f"/tmp/sandbox-probe-fifo-{os.getpid()}") is None
    fs_mknod_char: os.mknod(f"/tmp/sandbox-probe-null-{os.getpid()}", 0o20600, os.makedev(1, 3)) is None
    fs_mknod_block: os.mknod(f"/tmp/sandbox-probe-disk-{os.getpid()}", 0o60600, os.makedev(254, 0)) is None
    fs_openat2: fd_from("openat2", -100, b"/", struct.pack("QQQ", 0, 0, 0), 24)
    fs_handle: got("open_by_handle_at", -1, BAD, 0)
    fs_name_to_handle: got("name_to_handle_at", -100, b"/", BAD, BAD, 0)
    fs_cgroup_procs: os.close(os.open("/sys/fs/cgroup/memory/cgroup.procs" if os.path.exists("/sys/fs/cgroup/memory") else "/sys/fs/cgroup/cgroup.procs", os.O_WRONLY)) is None  # engines mount it read-only for all users
    fs_core_pattern: os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)) is None
    fs_sysrq: os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY)) is None  # not in every kernel
    fs_docker_socket: os.path.exists("/var/run/docker.sock")  # no configuration of ours mounts it
    fs_truncate: os.truncate("/etc/group", os.stat("/etc/group").st_size) is None
    fs_xattr: got("setxattr", b"/etc/group", b"user.probe", b"", 0, 0)
    fs_statfs: os.statvfs("/")
    fs_copy_file_range: got("copy_file_range", -1, 0, -1, 0, 0, 0)
    fs_inotify: fd_from("inotify_init1", 0)
    fs_fanotify: fd_from("fanotify_init", 0, 0)
    fs_stat_past_empty_path: call("newfstatat", 1, b"/etc/passwd", ctypes.create_string_buffer(256), 0x1000)[0] == 0
    fs_names_of_sockets: len({call("sendto", pair(2)[0], b"", 0, 0, *address(path))[1] for path in (b"/etc/passwd", b"/nowhere")}) == 2
    fs_names: [name for name in ("stat", "lstat", "access", "readlink", "open") if answers((name, b"/etc/passwd", 0, 0)) != answers((name, b"/nowhere", 0, 0))]
    fs_names_below: [name for name in ("newfstatat", "faccessat", "faccessat2", "readlinkat", "openat", "statx") for flags in (0, 0x1000) if answers((name, -100, b"/etc/passwd", 0, flags, 0)) != answers((name, -100, b"/nowhere", 0, flags, 0))]
    """,
)

_PROCESS = _many(
    "process",
    1,
    """
    proc_kill_parent: got("kill", call("getppid")[0], 0)
    proc_kill_group: got("kill", 0, 0)
    proc_kill_all: got("kill", -1, 0)
    proc_kill_init: got("kill", 1, 0)
    proc_tkill: got("tkill", os.getppid(), 0)
    proc_tgkill: got("tgkill", os.getppid(), os.getppid(), 0)
    proc_sigqueue: got("rt_sigqueueinfo", os.getppid(), 0, BAD)
    proc_tgsigqueue: got("rt_tgsigqueueinfo", os.getppid(), os.getppid(), 0, BAD)
    proc_pidfd_open: fd_from("pidfd_open", os.getppid(), 0)
    proc_pidfd_getfd: fd_from("pidfd_getfd", -1, 0, 0)
    proc_pidfd_signal: got("pidfd_send_signal", -1, 0, 0, 0)
    proc_ptrace: got("ptrace", 0x4206, os.getppid(), 0, 0)
    proc_vm_read: got("process_vm_readv", os.getppid(), BAD, 1, BAD, 1, 0)
    proc_vm_write: got("process_vm_writev", os.getppid(), BAD, 1, BAD, 1, 0)
    proc_kcmp: got("kcmp", os.getpid(), os.getppid(), 0, 0, 0)
    proc_prlimit_parent: got("prlimit64", os.getppid(), 7, 0, ctypes.create_string_buffer(16))
    proc_priority_parent: got("setpriority", 0, os.getppid(), 0)
    proc_affinity_parent: os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0)) is None
    proc_scheduler_parent: os.sched_setscheduler(os.getppid(), os.SCHED_OTHER, os.sched_param(0)) is None
    proc_ioprio: got("ioprio_set", 1, os.getppid(), 0)
    proc_setsid: got("setsid")
    proc_setpgid: got("setpgid", 0, 0)
    proc_execve: got("execve", BAD, 0, 0)
    proc_execveat: got("execveat", -1, BAD, 0, 0, 0)
    proc_subprocess: subprocess.run([sys.executable, "-S", "-c", ""]).returncode == 0
    proc_clone3: got("clone3", BAD, 64)
    proc_madvise: got("process_madvise", -1, BAD, 0, 0, 0)
    proc_mrelease: got("process_mrelease", -1, 0)
    proc_membind: got("migrate_pages", os.getppid(), 0, 0, 0)
    proc_wait: got("waitid", 0, 0, 0, 0, 0)
    proc_affinity_of_parent: call("sched_getaffinity", call("getppid")[0], 128, ctypes.create_string_buffer(128))[0] >= 0
    proc_clock_of_parent: call("clock_gettime", cpu_clock(call("getppid")[0]), ctypes.create_string_buffer(16))[0] == 0
    proc_clocks_of_others: [pid for pid in range(1, 4096) if pid != call("getpid")[0] and call("clock_gettime", cpu_clock(pid), ctypes.create_string_buffer(16))[0] == 0]
    proc_precision_of_others: [kind for kind in (0, 1, 2) if call("clock_getres", (~call("getppid")[0] << 3) | kind, 0)[0] == 0]
    proc_pidfd_by_socket: call("getsockopt", pair()[0], 1, 77, ctypes.create_string_buffer(4), ctypes.byref(ctypes.c_int(4)))[0] == 0
    """,
) + [
    Probe(
        "proc_fork",
        "process",
        1,
        "pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\nreturn True",
    ),
    Probe(
        "proc_orphan",
        "process",
        1,
        "pid = os.fork()\nif pid == 0:\n    os.fork()\n    os._exit(0)\nos.waitpid(pid, 0)\nreturn True",
    ),
    Probe(
        "proc_vfork",
        "process",
        1,
        "import multiprocessing\np = multiprocessing.get_context('fork').Process(target=abs, args=(1,))\np.start()\np.join()\nreturn p.exitcode == 0",
    ),
]

_SYSCALL = _many(
    "syscall",
    1,
    """
    sys_mount: got("mount", BAD, BAD, BAD, 0, 0)
    sys_umount: got("umount2", BAD, 0)
    sys_pivot_root: got("pivot_root", BAD, BAD)
    sys_chroot: got("chroot", BAD)
    sys_fsopen: fd_from("fsopen", b"tmpfs", 0)
    sys_fsmount: got("fsmount", -1, 0, 0)
    sys_fspick: got("fspick", -1, BAD, 0)
    sys_open_tree: fd_from("open_tree", -100, b"/", 0)
    sys_move_mount: got("move_mount", -1, BAD, -1, BAD, 0)
    sys_mount_setattr: got("mount_setattr", -1, BAD, 0, BAD, 0)
    sys_unshare: got("unshare", 0)
    sys_setns: got("setns", -1, 0)
    sys_bpf: got("bpf", 0, BAD, 8)
    sys_perf: got("perf_event_open", BAD, 0, -1, -1, 0)
    sys_userfaultfd: fd_from("userfaultfd", 1)
    sys_io_uring_setup: got("io_uring_setup", 1, BAD)
    sys_io_uring_enter: got("io_uring_enter", -1, 0, 0, 0, 0, 0)
    sys_io_uring_register: got("io_uring_register", -1, 0, 0, 0)
    sys_aio: got("io_setup", 1, BAD)
    sys_keyctl: got("keyctl", 0, -3, 0)
    sys_add_key: got("add_key", BAD, BAD, 0, 0, 0)
    sys_request_key: got("request_key", BAD, BAD, 0, 0)
    sys_init_module: got("init_module", BAD, 0, BAD)  # a kernel without modules has none of it
    sys_finit_module: got("finit_module", -1, BAD, 0)  # a kernel without modules has none of it
    sys_delete_module: got("delete_module", BAD, 0)  # a kernel without modules has none of it
    sys_kexec: got("kexec_load", 0, 0, BAD, MINUS)  # not in every kernel
    sys_kexec_file: got("kexec_file_load", -1, -1, 0, 0, MINUS)  # not in every kernel
    sys_reboot: got("reboot", 0, 0, 0, 0)
    sys_swapon: got("swapon", BAD, 0)
    sys_swapoff: got("swapoff", BAD)
    sys_acct: got("acct", BAD)
    sys_quotactl: got("quotactl", MINUS, 0, 0, 0)
    sys_sethostname: got("sethostname", BAD, 5)
    sys_setdomainname: got("setdomainname", BAD, 5)
    sys_settimeofday: got("settimeofday", BAD, 0)
    sys_clock_settime: got("clock_settime", 0, BAD)
    sys_adjtimex: got("adjtimex", BAD)
    sys_clock_adjtime: got("clock_adjtime", 0, BAD)
    sys_syslog: got("syslog", 10, 0, 0)
    sys_vhangup: got("vhangup")
    sys_personality: got("personality", MINUS)
    sys_seccomp: got("seccomp", 2, 0, 0)
    sys_memfd: fd_from("memfd_create", b"probe", 0)
    sys_memfd_secret: fd_from("memfd_secret", 0)  # off in most kernels
    sys_landlock: got("landlock_create_ruleset", 0, 0, 1)
    sys_mbind: got("mbind", 0, 0, 0, 0, 0, 0)
    sys_set_mempolicy: got("set_mempolicy", 0, 0, 0)
    sys_move_pages: got("move_pages", 0, 0, 0, 0, 0, 0)
    sys_remap_file_pages: got("remap_file_pages", 0, 0, 0, 0, 0)
    sys_splice: got("splice", -1, 0, -1, 0, 0, 0)
    sys_tee: got("tee", -1, -1, 0, 0)
    sys_vmsplice: got("vmsplice", -1, BAD, 0, 0)
    sys_sendfile: got("sendfile", -1, -1, 0, 0)
    sys_pkey_alloc: got("pkey_alloc", MINUS, 0)
    sys_prctl_dumpable: got("prctl", 4, 1, 0, 0, 0)
    sys_prctl_mm: got("prctl", 35, 0, 0, 0, 0)  # needs SYS_RESOURCE, which an engine inside a container does not have
    sys_prctl_ptracer: got("prctl", 0x59616D61, 0, 0, 0, 0)
    sys_prctl_subreaper: got("prctl", 36, 0, 0, 0, 0)
    sys_prctl_seccomp: got("prctl", 22, 2, BAD, 0, 0)
    sys_set_tid_address: got("set_tid_address", 0)
    sys_timer_create: got("timer_create", 0, 0, BAD)
    sys_restart: got("lookup_dcookie", 0, BAD, 0)  # gone from new kernels
    sys_membarrier: [command for command in (1, 2, 8, 16) if call("membarrier", command, 0, 0)[0] >= 0]
    sys_timer_on_parent: call("clock_nanosleep", cpu_clock(call("getppid")[0]), 1, struct.pack("qq", 0, 0), 0)[0] == 0
    sys_timer_on_itself: call("clock_nanosleep", 2, 1, struct.pack("qq", 0, 0), 0)[0] == 0
    sys_futex_between: [op for op in (0, 1, 9, 10) if call("futex", library_page(), op, 1, struct.pack("qq", 0, 0), 0, MINUS)[1] != errno.ENOSYS]
    sys_futex_of_library: call("futex", library_page(), 265, ctypes.c_uint.from_address(library_page()).value, struct.pack("qq", 0, 0), 0, MINUS)[1] == errno.ETIMEDOUT
    sys_futex_inheriting: [op for op in (6, 8, 134, 136, 141, 13) if got("futex", ctypes.byref(ctypes.c_uint(0)), op, 0, struct.pack("qq", 0, 0), 0, 0)]
    sys_futex_moves: [op for op in (4, 5, 132, 133, 11, 12) if got("futex", ctypes.byref(ctypes.c_uint(0)), op, 1, 0, ctypes.byref(ctypes.c_uint(0)), 0)]
    sys_library_page_moves: call("mremap", library_page(), 4096, 4096, 1, 0)[0] > 0
    sys_library_page_copied: call("mremap", library_page(), 4096, 4096, 5, 0)[0] > 0
    sys_attach_filter: call("setsockopt", pair()[0], 1, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, MINUS)))), 16)[1] not in (errno.EPERM, errno.ENOPROTOOPT)
    sys_attach_program: [option for option in (50, 51, 52) if call("setsockopt", pair()[0], 1, option, ctypes.byref(ctypes.c_int(-1)), 4)[1] not in (errno.EPERM, errno.ENOPROTOOPT)]
    """,
) + (
    _many(
        "syscall",
        2,
        """
    sys_iopl: got("iopl", 0)  # not in every kernel
    sys_ioperm: got("ioperm", 0, 0, 0)  # not in every kernel
    sys_modify_ldt: got("modify_ldt", 0, BAD, 0)
    sys_arch_prctl: got("arch_prctl", 0x1004, ctypes.create_string_buffer(8))
    sys_uselib: got("uselib", BAD)  # gone from new kernels
    sys_advice: [advice for advice in (10, 12, 14, 18, 20, 21, 22, 23, 25) if call("madvise", fresh(), 1 << 21, advice)[0] == 0]
    sys_map_flags: [flag for flag in (0x40000, 0x100, 0x2000, 0x8000) if fresh(1 << 21, 0x22 | flag)]
    sys_socket_settings: [option for option in range(1, 90) if call("setsockopt", pair()[0], 1, option, ctypes.byref(ctypes.c_int(0)), 4)[0] == 0]
    sys_socket_answers: [option for option in range(1, 90) if option not in (3, 4, 38, 39) and call("getsockopt", pair()[0], 1, option, ctypes.create_string_buffer(64), ctypes.byref(ctypes.c_int(64)))[0] == 0]
    sys_random_flags: got("getrandom", ctypes.create_string_buffer(8), 8, 4)
    """,
    )
)

_NETWORK = _many(
    "network",
    1,
    """
    net_tcp: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close() is None
    net_udp: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close() is None
    net_tcp6: socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close() is None
    net_unix: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close() is None
    net_abstract: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind("\\0sandbox-probe") is None
    net_raw: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close() is None
    net_packet: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close() is None
    net_netlink: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close() is None
    net_vsock: fd_from("socket", 40, 1, 0)
    net_alg: fd_from("socket", 38, 5, 0)
    net_mptcp: fd_from("socket", 2, 1, 262)
    net_bluetooth: fd_from("socket", 31, 3, 1)
    net_connect: got("connect", -1, BAD, 0)
    net_bind: got("bind", -1, BAD, 0)
    net_listen: got("listen", -1, 0)
    net_accept: got("accept4", -1, 0, 0, 0)
    net_sendmsg: got("sendmsg", -1, BAD, 0)
    net_recvmsg: got("recvmsg", -1, BAD, 0)
    net_interfaces: [name for _, name in socket.if_nameindex() if name != "lo"]
    net_pair_inet: got("socketpair", 2, 1, 0, BAD)
    net_peer: call("getsockopt", pair()[0], 1, 17, ctypes.create_string_buffer(12), ctypes.byref(ctypes.c_int(12)))[0] == 0
    net_cookie: call("getsockopt", pair()[0], 1, 57, ctypes.create_string_buffer(8), ctypes.byref(ctypes.c_int(8)))[0] == 0
    net_memory_of_sockets: call("getsockopt", pair()[0], 1, 55, ctypes.create_string_buffer(36), ctypes.byref(ctypes.c_int(36)))[0] == 0
    net_pair_raw: fd_from("socketpair", 1, 3, 0, ctypes.create_string_buffer(8))
    net_send_to_name: call("sendto", pair(2)[0], b"", 0, 0, *address(b"\\0sandbox-probe"))[1] not in (errno.EPERM, errno.EACCES)
    net_send_to_upper_half: call("sendto", pair(2)[0], b"", 0, 0, 1 << 32, 16)[1] not in (errno.EPERM, errno.EACCES)
    net_out_of_band: call("sendto", pair()[0], b"x", 1, 1, 0, 0)[0] == 1
    net_out_of_band_read: got("recvfrom", pair()[0], ctypes.create_string_buffer(1), 1, 0x41, 0, 0)
    net_errors_read: got("recvfrom", pair()[0], ctypes.create_string_buffer(1), 1, 0x2040, 0, 0)
    net_routes: len(text("/proc/net/route").splitlines()) > 1
    """,
)

_INFORMATION = _many(
    "information",
    2,
    """
    info_proc1_environ: text("/proc/1/environ") is not None
    info_proc1_cmdline: text("/proc/1/cmdline")
    info_proc1_maps: text("/proc/1/maps")
    info_parent_status: text(f"/proc/{os.getppid()}/status")
    info_processes: [name for name in os.listdir("/proc") if name.isdigit()]
    info_self_maps: text("/proc/self/maps")
    info_mountinfo: text("/proc/self/mountinfo")
    info_cgroup: text("/proc/self/cgroup")
    info_cpuinfo: text("/proc/cpuinfo")
    info_meminfo: text("/proc/meminfo")
    info_kallsyms: text("/proc/kallsyms")
    info_version: text("/proc/version")
    info_uptime: text("/proc/uptime")
    info_loadavg: text("/proc/loadavg")
    info_cmdline: text("/proc/cmdline")
    info_modules: text("/proc/modules") is not None  # a kernel without modules has none of it
    info_net_tcp: text("/proc/net/tcp")
    info_boot_id: text("/proc/sys/kernel/random/boot_id")
    info_dmi: os.listdir("/sys/class")
    info_block: os.listdir("/sys/block")
    info_sysinfo: got("sysinfo", ctypes.create_string_buffer(256))
    info_uname: call("uname", ctypes.create_string_buffer(1024))[0] == 0
    info_getcpu: got("getcpu", BAD, 0, 0)
    info_hostname: call("uname", ctypes.create_string_buffer(1024))[0] == 0 and socket.gethostname()
    info_aslr: call("mincore", 0, 0, BAD)[1] not in (errno.EPERM, errno.ENOSYS)
    """,
) + [
    Probe(
        "info_request_in_memory",
        "information",
        1,
        "mark = '-'.join(['SECRET', 'OF', 'THE', 'TESTS'])\nkinds = list, tuple, dict, set\nreturn any(mark in o for o in gc.get_objects() if type(o) in kinds)",
        never="the weak configuration has no tests to hold",
    ),
    Probe(
        "info_environment",
        "information",
        1,
        "return [name for name in os.environ if name not in ('LC_CTYPE', 'SBX_PROBE')]",
    ),
    Probe(
        "info_inode_counter",
        "information",
        3,
        "return os.fstat(0).st_ino",
        waived="programs ask fstat() for sizes, and the number comes with it",
    ),
    Probe(
        "info_boot_time",
        "information",
        3,
        "return call('clock_gettime', 7, ctypes.create_string_buffer(16))[0] == 0",
        waived="the C library reads this clock without a system call",
    ),
    Probe(
        "info_user_counter",
        "information",
        3,
        "return call('getuid')[0] != 65534",
        waived="each execution has a user of its own, which it can ask for",
    ),
    Probe(
        "info_process_counter",
        "information",
        3,
        "return call('getpid')[0] > 2",
        waived="signals to itself need the number",
    ),
    Probe(
        "info_arguments",
        "information",
        2,
        "return sys.orig_argv",
    ),
    Probe(
        "info_descriptors",
        "information",
        1,
        "seen = []\nfor fd in range(4, 256):\n    try:\n        os.fstat(fd)\n        seen.append(fd)\n    except OSError: pass\nreturn seen",
    ),
]

_PRIVILEGE = _many(
    "privilege",
    1,
    """
    priv_root: call("getuid")[0] == 0 or call("getgid")[0] == 0
    priv_groups: os.getgroups()  # the weak configuration has none either
    priv_capabilities: int(status("CapEff"), 16)
    priv_bounding: int(status("CapBnd"), 16)
    priv_new_privileges: status("NoNewPrivs") == "0"
    priv_no_filter: status("Seccomp") == "0"
    priv_setuid: got("setuid", os.getuid())
    priv_setgid: got("setgid", os.getgid())
    priv_setresuid: got("setresuid", os.getuid(), os.getuid(), os.getuid())
    priv_setresgid: got("setresgid", os.getgid(), os.getgid(), os.getgid())
    priv_setgroups: got("setgroups", 0, 0)
    priv_setfsuid: call("setfsuid", os.getuid())[1] not in (errno.EPERM, errno.ENOSYS)
    priv_capset: got("capset", BAD, BAD)
    priv_capget: got("capget", BAD, BAD)
    priv_user_namespace: got("unshare", 0x10000000) if threading.active_count() > 1 else got("unshare", 0)
    priv_realtime: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)) is None
    priv_nice: got("setpriority", 0, 0, 0)
    priv_securebits: got("prctl", 28, 0, 0, 0, 0)
    priv_ambient: got("prctl", 47, 4, 0, 0, 0)
    priv_oom_score: writes("/proc/self/oom_score_adj", b"0")
    """,
)

_DEVICE = _many(
    "device",
    2,
    """
    dev_list: os.listdir("/dev")
    dev_null: os.close(os.open("/dev/null", os.O_RDWR)) is None
    dev_mem: os.close(os.open("/dev/mem", os.O_RDONLY)) is None  # engines give no container the host's devices
    dev_kmsg: os.close(os.open("/dev/kmsg", os.O_RDONLY)) is None  # engines give no container the host's devices
    dev_ptmx: os.close(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)) is None
    dev_tty: os.close(os.open("/dev/tty", os.O_RDWR)) is None  # no process has a terminal
    dev_fuse: os.close(os.open("/dev/fuse", os.O_RDWR)) is None  # not in every kernel
    dev_tun: os.close(os.open("/dev/net/tun", os.O_RDWR)) is None  # engines give no container the host's devices
    dev_disks: [n for n in os.listdir("/dev") if n.startswith(("sd", "vd", "nvme", "loop"))]  # engines give no container the host's devices
    dev_shm: writes("/dev/shm/sandbox-probe")
    dev_mqueue: os.close(os.open("/dev/mqueue/sandbox-probe", os.O_CREAT | os.O_RDWR)) is None
    dev_random_ioctl: got("ioctl", 0, 0x5203, 0)
    dev_tiocsti: got("ioctl", 0, 0x5412, BAD)
    dev_tioclinux: got("ioctl", 0, 0x541C, BAD)
    dev_net_ioctl: got("ioctl", 3, 0x8912, BAD)
    dev_urandom: os.close(os.open("/dev/urandom", os.O_RDONLY)) is None
    """,
)

#: Each is run twice, in two executions on one worker; what the second run sees counts.
_PERSISTENCE = _many(
    "persistence",
    1,
    """
    keep_tmp: os.path.exists("/tmp/keep") or not writes("/tmp/keep")
    keep_var_tmp: os.path.exists("/var/tmp/keep") or os.makedirs("/var/tmp", exist_ok=True) or not writes("/var/tmp/keep")
    keep_home: os.path.exists("/root/keep") or os.makedirs("/root", exist_ok=True) or not writes("/root/keep")
    keep_cwd: os.path.exists("keep") or not writes("keep")
    keep_shm: os.path.exists("/dev/shm/keep") or not writes("/dev/shm/keep")
    keep_mqueue: os.path.exists("/dev/mqueue/keep") or not writes("/dev/mqueue/keep")
    keep_environment: "SBX_PROBE" in os.environ or os.environ.update(SBX_PROBE="1")
    keep_module: hasattr(sys.modules["json" if "json" in sys.modules else "os"], "kept") or setattr(sys.modules["json" if "json" in sys.modules else "os"], "kept", 1)
    keep_builtin: "kept" in dir(__builtins__) or (setattr(__builtins__, "kept", 1) if not isinstance(__builtins__, dict) else __builtins__.update(kept=1))
    keep_path: "/kept" in sys.path or sys.path.append("/kept")
    keep_thread: any(t.name == "kept" for t in threading.enumerate()) or threading.Thread(target=time.sleep, args=(600,), name="kept", daemon=True).start()
    keep_handler: signal.getsignal(signal.SIGUSR2) == signal.SIG_IGN or not signal.signal(signal.SIGUSR2, signal.SIG_IGN) is None and False
    keep_recursion: sys.getrecursionlimit() == 4321 or sys.setrecursionlimit(4321)
    keep_shm_segment: call("shmget", 0x5B, 4096, 0)[0] >= 0 or call("shmget", 0x5B, 4096, 0o1600)[0] < -1
    keep_message_queue: call("msgget", 0x5B, 0)[0] >= 0 or call("msgget", 0x5B, 0o1600)[0] < -1
    keep_semaphore: call("semget", 0x5B, 1, 0)[0] >= 0 or call("semget", 0x5B, 1, 0o1600)[0] < -1
    keep_umask: os.umask(0o123) == 0o123
    keep_descriptor: bool([fd for fd in range(40, 60) if call("dup", fd)[0] >= 0]) or os.dup2(1, 45) is None
    """,
)

_RESOURCE = _many(
    "resource",
    2,
    """
    res_core: resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
    res_file_size: resource.getrlimit(resource.RLIMIT_FSIZE)[1] != 0
    res_descriptors: not 0 < resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 1024
    res_data: resource.getrlimit(resource.RLIMIT_DATA)[1] == resource.RLIM_INFINITY
    res_address_space: resource.getrlimit(resource.RLIMIT_AS)[1] == resource.RLIM_INFINITY
    res_cpu: resource.getrlimit(resource.RLIMIT_CPU)[1] == resource.RLIM_INFINITY
    res_stack: resource.getrlimit(resource.RLIMIT_STACK)[1] == resource.RLIM_INFINITY
    res_raise_limit: resource.setrlimit(resource.RLIMIT_CORE, (0, 4096)) is None
    res_mlock: got("mlock", 0, 0)
    res_mlockall: got("mlockall", 1)
    res_pipe_size: got("fcntl", 0, 1031, 1 << 20)
    res_async_owner: got("fcntl", 0, 8, os.getpid())
    res_packet_pipe: fd_from("pipe2", ctypes.create_string_buffer(8), 0x10000 if os.uname().machine == "aarch64" else 0x4000)
    res_packet_output: call("fcntl", os.pipe()[1], 4, 0x10000 if os.uname().machine == "aarch64" else 0x4000)[0] == 0
    res_notification_pipe: got("pipe2", ctypes.create_string_buffer(8), 0x80)
    res_signals_of_files: call("fcntl", pair()[0], 4, 0x2000)[0] == 0
    res_lease: got("fcntl", 0, 1024, 2)
    res_executable_memory: __import__("mmap").mmap(-1, 4096, prot=7).close() is None
    res_timerfd: fd_from("timerfd_create", 1, 0)
    res_signalfd: fd_from("signalfd4", -1, ctypes.create_string_buffer(8), 8, 0)
    res_shm: call("shmget", 0, 4096, 0o1600)[0] >= 0
    res_mq: fd_from("mq_open", b"probe", 0o102, 0o600, 0)
    res_many_descriptors: len([os.dup(1) for _ in range(2000)])
    res_big_map: __import__("mmap").mmap(-1, 1 << 40, flags=0x4022)  # more than this machine promises
    """,
)

PROBES: list[Probe] = [
    *_INFORMATION,  # first: others leave descriptors behind
    *_FILESYSTEM,
    *_PROCESS,
    *_SYSCALL,
    *_NETWORK,
    *_PRIVILEGE,
    *_DEVICE,
    *_PERSISTENCE,
    *_RESOURCE,
]


def program(numbers: object, probes: Iterable[Probe] = PROBES) -> str:
    """Return the text of a solution that has all probes, and ``outcome(name)`` to run one."""
    bodies = {
        probe.name: "def probe():\n" + "".join(f"    {line}\n" for line in probe.body.splitlines())
        for probe in probes
    }
    return f"""NUMBERS = {numbers!r}
{PRELUDE}
BODIES = {bodies!r}

def outcome(name):
    space = dict(globals())
    exec(BODIES[name], space)
    del ABSENT[:]
    try:
        if space["probe"]():
            return "THROUGH"
        return "contained: no such call: " + " ".join(ABSENT) if ABSENT else "contained"
    except BaseException as error:
        return "contained: " + type(error).__name__ + ": " + str(error)[:80]
"""

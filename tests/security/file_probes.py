"""Probes at what a program with a work directory must not be able to do, and what it may.

They begin in an empty directory. Without protection some of them change the machine that they run
on, so their control is a container that is thrown away.
"""

from .probes import PROBES, Probe

#: Probes at files that get through with a work directory, since they stay in it.
WITHIN = {
    "fs_root_list": "the root has two directories: for work and for temporary files",
    "fs_write_tmp": "the program's own /tmp",
    "fs_mkdir": "the program's own /tmp",
    "fs_symlink": "a link in it leads nowhere: there is no /etc",
    "fs_unlink_missing": "names in it can be removed",
    "fs_statfs": "the room that is left in it",
    "fs_xattr": "the answer of a file system without attributes, with which copies go on",
    "fs_copy_file_range": "the answer of a file system that cannot copy, with which copies go on",
    "sys_sendfile": "the answer for which shutil copies by other means",
    "res_file_size": "files can be as large as Limits.files_bytes",
}


def _probe(name: str, body: str, never: str = "") -> Probe:
    return Probe(f"files_{name}", "filesystem", 1, body, never)


FILE_PROBES = [
    _probe("read_by_absolute_path", "return text('/etc/passwd')"),
    _probe("read_by_parent", "return text('../' * 40 + 'etc/passwd')"),
    _probe("read_by_link", "os.symlink('/etc/passwd', 'l')\nreturn text('l')"),
    _probe(
        "read_by_relative_link",
        "os.symlink('../' * 40 + 'etc/passwd', 'r')\nreturn text('r')",
    ),
    _probe("list_parent", "return {*os.listdir('..')} - {'work', 'tmp'}"),
    _probe("list_through_link", "os.symlink('/', 'root')\nreturn 'etc' in os.listdir('root/')"),
    _probe("stat_outside", "return os.stat('/etc/passwd')"),
    _probe("stat_proc", "return os.stat('/proc/1')"),
    _probe("proc_self", "return text('/proc/self/status')"),
    _probe("proc_self_fd", "return os.listdir('/proc/self/fd')"),
    _probe("device", "return text('/dev/zero')"),
    _probe(
        "make_device",
        "return call('mknodat', -100, b'zero', 0o20666, 0x105)[0] == 0 and text('zero')",
        "mknod of a device needs a capability that not every root has",
    ),
    _probe("make_fifo", "return os.mkfifo('fifo') is None"),
    _probe(
        "make_socket",
        "s = socket.socket(socket.AF_UNIX)\ns.bind('sock')\nreturn os.path.exists('sock')",
    ),
    _probe(
        "change_root_again",
        "os.mkdir('cell')\nreturn call('chroot', b'cell')[0] == 0",
        "an ordinary user may not",
    ),
    _probe(
        "hard_link_to_outside", "return os.link('/etc/hostname', 'host') is None", "other mount"
    ),
    _probe(
        "name_without_opening",
        "open('f', 'w').close()\nreturn call('openat', -100, b'f', 0x200000, 0)[0] >= 0",
    ),
    _probe(
        "handle_of_file",
        "open('f', 'w').close()\n"
        "handle = ctypes.create_string_buffer(struct.pack('Ii', 128, 0), 256)\n"
        "number = ctypes.create_string_buffer(8)\n"
        "return call('name_to_handle_at', -100, b'f', handle, number, 0)[0] == 0",
        "not every file system has handles",
    ),
    _probe(
        "map_file_shared",
        "import mmap\nopen('m', 'wb').write(bytes(4096))\n"
        "return mmap.mmap(os.open('m', os.O_RDWR), 4096)",
    ),
    _probe(
        "map_file_executable",
        "open('x', 'wb').write(bytes(4096))\n"
        "return call('mmap', 0, 4096, 5, 2, os.open('x', os.O_RDONLY), 0)[0] > 0",
    ),
    _probe("setuid_bit", "open('s', 'w').close()\nreturn os.chmod('s', 0o4755) is None"),
    _probe(
        "execute",
        "open('e', 'w').write('#!/usr/bin/python3.13\\n')\nos.chmod('e', 0o755)\n"
        "return subprocess.run(['./e']).returncode == 0",
    ),
    _probe("watch", "return fd_from('inotify_init1', 0)"),
    _probe(
        "lease",
        "import fcntl\nfd = os.open('le', os.O_CREAT | os.O_RDONLY)\n"
        "return fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK) == 0",
    ),
    _probe(
        "signals_of_a_directory",
        "import fcntl\nreturn fcntl.fcntl(os.open('.', 0), fcntl.F_NOTIFY, fcntl.DN_ACCESS) == 0",
    ),
    _probe("owner", "open('o', 'w').close()\nreturn os.chown('o', -1, -1) is None"),
    _probe(
        "splice",
        "r, w = os.pipe()\nopen('sp', 'w').write('x')\n"
        "return os.splice(os.open('sp', 0), w, 1) == 1",
    ),
    _probe("write_beside_work", "return writes('/beside') and os.remove('/beside') is None"),
    _probe("rename_work", "return os.rename(os.getcwd(), os.getcwd() + '2') is None"),
]

assert WITHIN.keys() <= {probe.name for probe in PROBES}

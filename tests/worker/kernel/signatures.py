"""What each argument of a system call is, for both profiles.

One line a call: its name, then its arguments in order. Of these kinds nothing need be said: what
they name belongs to the caller, or is a mere number.

``fd`` an open descriptor, ``size`` a length, offset or count, ``number`` a value or a signal,
``memory`` an address in the caller's own memory, which the kernel reads or fills in, ``map`` a
place in its address space.

The others choose what the kernel does, or whom it is about. A profile constrains each, or its test
has a reason why not: ``option``, ``flags``, ``clock``, ``pid``, ``id`` (a user or group),
``address`` (of a socket), ``path``, ``struct`` (memory whose content chooses), ``shared`` (memory
by which processes meet). With ``*`` the kernel keeps it as a long, and both halves count.
"""

_SELECTORS = frozenset("option flags clock pid id address path struct shared".split())

_LINES = """
access path option
alarm number
arch_prctl option memory
brk map
capget struct memory
capset struct memory
chdir path
chmod path flags
chroot path
clock_getres clock memory
clock_gettime clock memory
clock_nanosleep clock flags memory memory
clone flags memory memory shared shared
clone3 struct size
close fd
close_range fd fd flags
copy_file_range fd memory fd memory size flags
dup fd
dup2 fd fd
dup3 fd fd flags
epoll_create size
epoll_create1 flags
epoll_ctl fd option fd memory
epoll_pwait fd memory size number memory size
epoll_pwait2 fd memory size memory memory size
epoll_wait fd memory size number
eventfd2 number flags
execve path memory memory
execveat fd path memory memory flags
exit number
exit_group number
faccessat fd path option
faccessat2 fd path option flags
fadvise64 fd size size option
fallocate fd option size size
fchdir fd
fchmod fd flags
fchmodat fd path flags
fcntl fd option flags
fdatasync fd
fgetxattr fd memory memory size
flistxattr fd memory size
flock fd option
fork
fremovexattr fd memory
fsetxattr fd memory memory size flags
fstat fd memory
fstatfs fd memory
fsync fd
ftruncate fd size
futex shared* option number memory memory number
futex_waitv struct size flags memory clock
get_robust_list pid memory memory
getcwd memory size
getdents fd memory size
getdents64 fd memory size
getegid
geteuid
getgid
getgroups size memory
getitimer option memory
getpeername fd memory memory
getpgid pid
getpgrp
getpid
getppid
getrandom memory size flags
getresgid memory memory memory
getresuid memory memory memory
getrlimit option memory
getrusage option memory
getsid pid
getsockname fd memory memory
getsockopt fd option option memory memory
gettid
gettimeofday memory memory
getuid
getxattr path memory memory size
io_uring_enter fd size size flags memory size
io_uring_register fd option memory size
io_uring_setup size struct
ioctl fd option memory
kill pid number
lgetxattr path memory memory size
link path path
linkat fd path fd path flags
listxattr path memory size
llistxattr path memory size
lremovexattr path memory
lseek fd size option
lsetxattr path memory memory size flags
lstat path memory
madvise map size option
membarrier option flags number
mincore map size memory
mkdir path number
mkdirat fd path number
mlock map size
mmap map size flags* flags* fd size
mprotect map size flags*
mremap shared* size size flags* map
msync map size flags
munlock map size
munmap map size
nanosleep memory memory
newfstatat fd path memory flags
open path flags number
openat fd path flags number
openat2 fd path struct size
pause
personality option
pidfd_open pid flags
pidfd_send_signal fd number memory flags
pipe memory
pipe2 memory flags
poll memory size number
ppoll memory size memory memory size
prctl option number number number number
pread64 fd memory size size
preadv fd memory size size size
prlimit64 pid option memory memory
pselect6 size memory memory memory memory memory
pwrite64 fd memory size size
pwritev fd memory size size size
read fd memory size
readahead fd size size
readlink path memory size
readlinkat fd path memory size
readv fd memory size
recvfrom fd memory size flags memory memory
recvmsg fd memory flags
removexattr path memory
rename path path
renameat fd path fd path
renameat2 fd path fd path flags
restart_syscall
rmdir path
rseq memory size flags number
rt_sigaction number memory memory size
rt_sigpending memory size
rt_sigprocmask option memory memory size
rt_sigreturn
rt_sigsuspend memory size
rt_sigtimedwait memory memory memory size
sched_getaffinity pid size memory
sched_yield
seccomp option flags struct
select size memory memory memory memory
sendfile fd fd memory size
sendmsg fd struct flags
sendto fd memory size flags address* size
set_robust_list shared size
set_tid_address memory
setfsuid id
setgid id
setgroups size memory
setitimer option memory memory
setpgid pid pid
setresgid id id id
setresuid id id id
setrlimit option memory
setsid
setsockopt fd option option struct size
setuid id
setxattr path memory memory size flags
shutdown fd option
sigaltstack memory memory
socketpair option option option memory
stat path memory
statfs path memory
statx fd path flags option memory
symlink path path
symlinkat path fd path
tgkill pid pid number
time memory
times memory
tkill pid number
truncate path size
umask number
uname memory
unlink path
unlinkat fd path flags
utimensat fd path memory flags
vfork
wait4 pid memory flags memory
waitid option pid memory flags memory
write fd memory size
writev fd memory size
"""


def _kinds(words: list[str]) -> list[tuple[str, int]]:
    return [(word.rstrip("*"), 64 if word.endswith("*") else 32) for word in words]


#: By name: for each argument its kind, and how many bits the kernel reads.
SIGNATURES = {
    name: _kinds(kinds) for name, *kinds in (line.split() for line in _LINES.split("\n") if line)
}
#: By name: the arguments that choose.
SELECTORS = {
    name: [at for at, (kind, _) in enumerate(kinds) if kind in _SELECTORS]
    for name, kinds in SIGNATURES.items()
}

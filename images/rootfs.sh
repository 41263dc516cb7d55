#!/bin/sh
# Makes the file tree of the image: Python, its standard library, time zones, the worker. No shell,
# no package manager. Needs root, mmdebstrap and a Debian mirror; used by `runner image build` on the
# host and by the Dockerfile. The same package versions give the same tree, byte for byte.
#
#   rootfs.sh WORKER_DIR OUT_DIR [VARIANT_DIR]      OUT_DIR/root is the tree
#
# An image with more packages has in VARIANT_DIR either `packages`, names of packages of Debian's
# Python, or `wheels`, a directory of files; and `preload`, names of modules. One name per line.
set -eu
umask 022
export LC_ALL=C

suite=trixie
# libstdc++6 is for wheels: it stays out of an image in which nothing needs it.
include=base-files,python3.13-minimal,libpython3.13-stdlib,libstdc++6,tzdata,tzdata-legacy
# Modules that cannot work in a sandbox, or that need a terminal, a screen or a package index.
useless='ensurepip idlelib lib2to3 pydoc_data tkinter turtledemo turtle.py test __phello__
         sitecustomize.py EXTERNALLY-MANAGED LICENSE.txt'
# The timestamp of all files in the image, so that two builds are equal.
epoch=${SOURCE_DATE_EPOCH:-1735689600}

images=$(cd "$(dirname "$0")" && pwd)
worker=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
full=$out/full
root=$out/root
variant=${3:-}
python=/usr/bin/python3.13
stdlib=/usr/lib/python3.13
# The directory of wheels.
site=/opt/packages

main() {
    [ ! -e "$variant/packages" ] || include=$include,$(paste -sd, "$variant/packages")
    fetch
    [ ! -e "$variant/packages" ] || add_debian_packages
    [ ! -e "$variant/wheels" ] || add_wheels
    keep_what_runs
    add_etc
    add_worker
    compile_python
    [ -z "$variant" ] || describe_packages
    make_uniform
    add_digest
    add_content_digest
    rm -rf "$full" "$out/archives"
}

# Unpacks all packages without running their scripts. The hook records the downloaded packages.
fetch() {
    rm -rf "$full" "$root"
    mmdebstrap --quiet --variant=extract --include="$include" \
        --extract-hook="cd \"\$1\"/var/cache/apt/archives && sha256sum ./*.deb > \"$out/archives\"" \
        "$suite" "$full" >"$out/log" 2>&1 || {
        cat "$out/log" >&2
        exit 1
    }
}

# Python finds them without site.py in the directory of the standard library. Their scripts have not
# run, so links of Debian's alternatives are missing.
add_debian_packages() {
    (
        cd "$full/usr/lib/python3/dist-packages"
        rm -rf ./*.egg-info ./*.dist-info
        rm -rf ./*/include ./*/*/include
        # numpy.testing needs one file of numpy's own tests.
        find . -path '*/tests/*' -type f ! -name __init__.py ! -name _natype.py -delete
        find . -type f \( -name '*.pyi' -o -name '*.a' -o -name '*.pxd' -o -name '*.c' \) -delete
        mv ./* "$full$stdlib/"
    )
    for library in blas/libblas.so.3 lapack/liblapack.so.3; do
        for found in "$full"/usr/lib/*/"$library"; do
            [ -e "$found" ] || continue
            ln -sf "$library" "${found%/*/*}/${found##*/}"
        done
    done
}

add_wheels() {
    cp -R "$variant/wheels" "$images/packages.py" "$full/tmp/"
    chroot "$full" "$python" -I -S -B /tmp/packages.py install /tmp/wheels "$site"
}

# An allow list: only the files named here exist in the image.
keep_what_runs() {
    (cd "$full" && for name in $useless; do rm -rf "./$stdlib/$name"; done)
    find "$full$stdlib" -name __pycache__ -prune -exec rm -rf {} +
    mkdir -p "$root"
    list_dependencies
    (
        cd "$full"
        find lib lib64 -maxdepth 0 2>/dev/null || :
        find ".$python" ".$stdlib" ".$site" ./usr/share/zoneinfo ./usr/lib64 2>/dev/null || :
        shared_libraries
    ) | tar -C "$full" --no-recursion -T - -c | tar -C "$root" -x
}

# OUT_DIR/loads: libraries that each object needs. A missing library is an error of the packages.
list_dependencies() {
    loader=$(chroot_loader)
    for object in "$python" $(objects); do
        chroot "$full" "$loader" --list "$object" | sed "s,\$, $object,"
    done >"$out/loads"
    if grep ' => not found ' "$out/loads" >&2; then
        echo "rootfs.sh: the image has no such library: use a wheel that includes it" >&2
        exit 1
    fi
}

objects() {
    (cd "$full" && find ".$stdlib" ".$site" -name '*.so' -o -name '*.so.*' 2>/dev/null || :) | cut -c2-
}

# Prints the libraries of the interpreter and its extension modules, with all symbolic links, and
# libgcc_s, which glibc opens when a thread ends early.
shared_libraries() {
    sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' "$out/loads" | grep -v "^$site/" | sort -u >"$out/libraries"
    find ./usr/lib -name 'libgcc_s.so.1'
    echo "./usr$(readlink -f "$full$loader" | sed "s,^$full,,; s,^/usr,,")"
    while read -r library; do
        library=/usr${library#/usr}
        echo ".$library"
        while target=$(readlink ".$library"); do
            library=$(dirname "$library")/$target
            echo ".$library"
        done
    done <"$out/libraries"
    rm "$out/libraries" "$out/loads"
}

chroot_loader() {
    for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
        if [ -e "$full$loader" ]; then
            echo "$loader"
            return
        fi
    done
    echo "rootfs.sh: no dynamic loader known for $(uname -m)" >&2
    exit 1
}

add_etc() {
    mkdir -p "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
    echo 'root:x:0:0:root:/:/nonexistent' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
}

add_worker() {
    mkdir -p "$root/opt/runner"
    cp -R "$worker" "$root/opt/runner/worker"
    find "$root/opt" -name __pycache__ -prune -exec rm -rf {} +
    lock >"$root/opt/runner/lock.json"
}

# Packages in the format of images/lock.json: the sha256 of each file, by architecture, and its
# version. A line is HASH  ./NAME_VERSION_ARCHITECTURE.deb; rebuilds (+b1) differ between
# architectures and are left out.
lock() {
    printf '{\n  "hashes": {\n    "%s": {\n' \
        "$(sed -n 's/.*\/libc6_[^_]*_\([^_]*\)\.deb$/\1/p' "$out/archives")"
    sed -n 's/^\([0-9a-f]*\)  \.\/\([^_]*\)_.*\.deb$/\2 \1/p' "$out/archives" | members '      '
    printf '    }\n  },\n  "packages": {\n'
    sed -n 's/^[0-9a-f]*  \.\/\([^_]*\)_\([^_]*\)_[^_]*\.deb$/\1 \2/p' "$out/archives" |
        sed 's/%3a/:/; s/+b[0-9]*$//' | members '    '
    printf '  },\n  "suite": "%s"\n}\n' "$suite"
}

members() {
    sort | awk -v indent="$1" '{ printf "%s%s\"%s\": \"%s\"", comma, indent, $1, $2; comma = ",\n" }
        END { print "" }'
}

# Unchecked: the interpreter never compares their timestamps with the source.
compile_python() {
    for directory in "$stdlib" /opt/runner/worker; do
        PYTHONHASHSEED=0 chroot "$root" "$python" -S -B -m compileall -q \
            --invalidation-mode unchecked-hash "$directory"
    done
    # Some packages include files for other versions of Python, which do not compile.
    [ ! -e "$root$site" ] || PYTHONHASHSEED=0 chroot "$root" "$python" -S -B -m compileall -qq \
        --invalidation-mode unchecked-hash "$site" || :
}

# The modules that solutions may import, for the worker; the wheels' versions, for the lock.
describe_packages() {
    cp "$images/packages.py" "$variant/preload" "$root/tmp/"
    chroot "$root" "$python" -I -S -B /tmp/packages.py describe "$site" /tmp/preload \
        /opt/runner/lock.json /opt/runner/packages.json
    rm "$root/tmp/packages.py" "$root/tmp/preload"
    [ ! -e "$root$site" ] || with_worker "from worker.packages.archive import build" \
        "build('$site', '/opt/runner/packages.bin')"
}

make_uniform() {
    chown -R 0:0 "$root"
    chmod -R u=rwX,go=rX "$root"
    find "$root" -type f ! -path "$root$python" ! -name 'ld-linux*' -exec chmod 0644 {} +
    find "$root" -exec touch --no-dereference --date="@$epoch" {} +
}

# Digest of all files but the worker's, which have a digest of their own.
add_digest() {
    (
        cd "$root"
        find . -path ./opt/runner -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
        find . -path ./opt/runner -prune -o -type l -printf '%p -> %l\n' | sort
    ) | sha256sum | cut -d' ' -f1 >"$out/stdlib.sha256"
    cp "$out/stdlib.sha256" "$root/opt/runner/stdlib.sha256"
    touch --date="@$epoch" "$root/opt/runner/stdlib.sha256" "$root/opt/runner"
}

# Runs two statements with the worker's modules.
with_worker() {
    chroot "$root" "$python" -I -S -B -c "import sys; sys.path.insert(0, '/opt/runner')
$1
$2"
}

# The facts that the worker reads at its start, in the worker's own format.
add_content_digest() {
    touch "$root/opt/runner/content.sha256"
    with_worker "from worker.supervisor.fingerprint_parts import content_digest" \
        "print(content_digest())" >"$out/content.sha256"
    cp "$out/content.sha256" "$root/opt/runner/content.sha256"
    touch --date="@$epoch" "$root/opt/runner/content.sha256" "$root/opt/runner"
}

main

"""A builder instance for assets/prepare.sh: a root filesystem and disks that are real block devices.

The root filesystem is a Debian made by debootstrap, the disks are loop devices with sparse files behind them. Neither a
loop device nor anything else that a machine for tests can be counted on to have carries an NVMe serial. So the
instance sees a /sys/block of the bench's making, in which name, serial and model are invented; size, number,
holders and partitions are links to what the kernel says of the loop device, and so are the nodes in /dev.
Tools are Debian's, but for `poweroff` and `sleep`, which would hold up or end more than the test.

All of it lives in a mount namespace and leaves nothing, however the process ends. The files behind the disks lie
on XFS, which copies them in an instant: such a copy is what a disk has when power is lost.
"""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import pty
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "assets/prepare.sh"
PACKAGES = "acl,attr,busybox,e2fsprogs,fdisk,rsync,util-linux"
NEEDED = (
    "These tests need root, loop devices that can be mounted, and the programs debootstrap, shellcheck, mkfs.xfs, losetup, "
    "mkswap and setfacl (Debian, Ubuntu: debootstrap shellcheck xfsprogs mount util-linux acl)."
)
RUN = "3f1c9a2b7d5e4f60"
VOLUME = "vol-0123456789abcdef0"
SERIAL = VOLUME.replace("-", "")
UUID = "01234567-89ab-8cde-8f00-73706f746b65"
ROOT_UUID = "aaaaaaaa-0000-4000-8000-000000000001"
EBS = "Amazon Elastic Block Store"
INSTANCE_STORE = "Amazon EC2 NVMe Instance Storage"
GIB = 1 << 30


def sh(*command, **options):
    """Runs a command, and fails with all that it said unless it succeeds."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed ({done.returncode}):\n{done.stdout}{done.stderr}\n{NEEDED}")
    return done.stdout


def enter_namespace():
    """Starts this program again in a mount namespace of its own."""
    if os.environ.get("SPOTKEEPER_BENCH") == "inside":
        return
    if os.geteuid() != 0:
        sys.exit(f"The user is {os.geteuid()} and not root. {NEEDED}")
    tools = ["debootstrap", "shellcheck", "mkfs.xfs", "mkfs.ext4", "losetup", "mkswap", "setfacl", "unshare"]
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        sys.exit(f"Missing: {' '.join(missing)}. {NEEDED}")
    os.environ["SPOTKEEPER_BENCH"] = "inside"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv])


def root(target):
    """The folder with the Debian: made when it is first needed, by one process at a time, and named when it is whole."""
    made = target / "prepare-root-1"
    with open(target / "prepare-root.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for left in target.glob("prepare-root-partial-*"):
                shutil.rmtree(left)
            partial = pathlib.Path(tempfile.mkdtemp(prefix="prepare-root-partial-", dir=target))
            build_root(partial)
            partial.rename(made)
    return made


def build_root(folder):
    """All but /usr becomes an image of a root filesystem, on which /usr is mounted."""
    tree = folder / "tree"
    sh("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "stable", tree, "http://deb.debian.org/debian")
    for bulk in ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"]:
        shutil.rmtree(tree / bulk)
    shutil.rmtree(tree / "dev")
    for mount in ["dev", "sys", "proc", "run", ".dev", ".sys", ".bench", "home"]:
        shutil.rmtree(tree / mount, ignore_errors=True)
        (tree / mount).mkdir()
    (tree / "etc/fstab").write_text(f"UUID={ROOT_UUID} / ext4 defaults 0 1\n")
    (tree / "var/lib/cloud/instance/sem").mkdir(parents=True)
    (tree / "usr").rename(folder / "usr")
    (tree / "usr").mkdir()
    options = ["-q", "-T", "default", "-b", "4096", "-U", ROOT_UUID, "-d", tree]
    sh("mkfs.ext4", *options, folder / "root.ext4", "192M")
    shutil.rmtree(tree)


class Loop:
    """A loop device that is gone as soon as nobody has it, this object included."""

    def __init__(self, file, *options):
        self.node = sh("losetup", "--find", "--partscan", "--show", *options, file).strip()
        self.name = self.node.rsplit("/", 1)[-1]
        # To read it all takes far fewer turns of kernel threads so.
        sh("blockdev", "--setra", 16384, self.node)
        self.open = os.open(self.node, os.O_RDONLY)
        # While it is open, to detach it is to have it detached by whoever closes it last.
        sh("losetup", "--detach", self.node)

    def close(self):
        # Partitions that were told to the kernel keep the device from going by itself.
        subprocess.run(["partx", "--delete", self.node], capture_output=True, check=False)
        os.close(self.open)


class Disk:
    """A disk as the instance sees it: a file of the bench, a name, and who it says it is."""

    def __init__(self, file, name="nvme1n1", serial=SERIAL, model=EBS):
        self.file, self.name, self.serial, self.model = file, name, serial, model


class Outcome:
    """What one run of the script left."""

    def __init__(self, status, console, stdout, bench):
        self.status, self.console, self.stdout = status, console, stdout
        self.powered_off = (bench / "poweroff").read_text().split() if (bench / "poweroff").exists() else []
        self.mounts = (bench / "mounts").read_text() if (bench / "mounts").exists() else ""
        mark = f"spotkeeper-prepare {RUN} "
        said = [line.split(mark, 1)[1] for line in console.splitlines() if mark in line]
        self.said = [line for line in said if re.match("step |wait ", line)]
        self.steps = [line.removeprefix("step ") for line in said if line.startswith("step ")]
        self.verdicts = [line for line in said if re.match("ok |refused |failed ", line)]

    @property
    def verdict(self):
        assert len(set(self.verdicts)) == 1 and len(self.verdicts) == 2, self
        assert self.powered_off == ["off"], self
        assert "/home" not in self.mounts and "spotkeeper" not in self.mounts, self.mounts
        return self.verdicts[0]

    def __repr__(self):
        return f"status {self.status}, power {self.powered_off}\n--- console\n{self.console}--- stdout\n{self.stdout}"


class Bench:
    """One instance with its root disk and a place for more disks."""

    def __init__(self, target, name):
        self.debian = root(target)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"prepare-{name}-", dir=target / "tmp"))
        store = self.folder / "store.xfs"
        with open(store, "wb") as file:
            file.truncate(24 * GIB)
        sh("mkfs.xfs", "-q", "-m", "reflink=1", store)
        self.store = self.folder / "store"
        self.store.mkdir()
        sh("mount", "-o", "loop", store, self.store)
        self.root = self.store / "root"
        self.root.mkdir()
        self.image = self.store / "root.img"
        sh("cp", "--sparse=always", self.debian / "root.ext4", self.image)
        self.tools = self.store / "tools"
        self.tools.mkdir()
        self.out = self.store / "bench"
        self.runs = 0
        self.tool("poweroff", "echo off >>/.bench/poweroff; cat /proc/self/mountinfo >/.bench/mounts")
        self.tool("sleep", "exit 0")

    def remove(self):
        subprocess.run(["umount", "--recursive", "--lazy", self.store], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def tool(self, name, text):
        """Puts a program before those of the distribution."""
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def blank(self, gib=1, name="home.img"):
        """A file for a disk on which nothing was ever written."""
        path = self.store / name
        with open(path, "wb") as file:
            file.truncate(gib * GIB)
        return path

    def copy(self, file, name):
        """A copy as it is at this moment."""
        path = self.store / name
        sh("cp", "--reflink=always", file, path)
        return path

    @contextlib.contextmanager
    def mounted(self, image, options="ro", partition=False):
        """A filesystem in an image, mounted for the while."""
        loop = Loop(image)
        where = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        node = loop.node
        if partition:
            subprocess.run(["partx", "--update", node], capture_output=True, check=False)
            node += "p1"
        sh("mount", "-o", options, node, where)
        try:
            yield where
        finally:
            sh("umount", where)
            where.rmdir()
            loop.close()

    def settings(self, **changes):
        values = {"RUN": RUN, "VOLUME": VOLUME, "DEVICE": "/dev/sdp", "SIZE": "1", "FSTAB": "nofail", **changes}
        return "".join(f"SPOTKEEPER_{key}='{value}'\n" for key, value in values.items() if value is not None)

    def script(self, **changes):
        """The script as it is given to an instance: with its settings below the first line."""
        first, rest = SCRIPT.read_text().split("\n", 1)
        return f"{first}\n{self.settings(**changes)}{rest}"

    def run(self, *disks, shell="dash", links=(), late=(), before="", after="", image=None, **changes):
        """Runs the script once on the instance with these disks, and waits for its end.

        `late` disks come when it sleeps for the third time; `links` are names in /dev for disks; `before` and `after`
        are what the instance does before and after it; `image` is another root disk than the bench's own.
        """
        self.runs += 1
        if self.out.exists():
            shutil.rmtree(self.out)
        self.out.mkdir()
        (self.out / "prepare.sh").write_text(self.script(**changes))
        (self.out / "before.sh").write_text(before)
        (self.out / "after.sh").write_text(after)
        loops = [Loop(image or self.image)]
        loops += [loops[0] if disk.file == (image or self.image) else Loop(disk.file) for disk in (*disks, *late)]
        plug = "".join(plug_in(disk, loop) for disk, loop in zip((*disks, *late), loops[1:], strict=True))
        plugs = plug.split(END)
        (self.out / "late.sh").write_text("".join(plugs[len(disks) :]))
        for link, name in links:
            plugs[len(disks) - 1] += f"mkdir -p $(dirname {link}); ln -sf /dev/{name} {link}\n"
        (self.out / "plug.sh").write_text("".join(plugs[: len(disks)]))
        if late:
            self.tool("sleep", "echo x >>/.bench/slept; [ $(wc -l </.bench/slept) != 3 ] || . /.bench/late.sh")
        ours, theirs = pty.openpty()
        console = Reader(ours)
        setup = SETUP.format(
            root=self.root, node=loops[0].node, usr=self.debian / "usr", store=self.store, console=os.ttyname(theirs), shell=shell
        )
        # A process namespace ends whole: nothing of the script outlives what kills its first process.
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", setup]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
        os.close(theirs)
        outcome = Outcome(done.returncode, console.text(), done.stdout + done.stderr, self.out)
        for loop in set(loops):
            loop.close()
        return outcome


END = "# plugged in\n"

# What an instance boots into: its root disk, /usr of the Debian below a layer of its own, /dev and /sys of the bench.
SETUP = """
mount {node} {root}
mkdir -p {store}/usr {store}/work
mount -t overlay -o lowerdir={usr},upperdir={store}/usr,workdir={store}/work usr {root}/usr
rm -f {root}/usr/local/sbin/*
cp {store}/tools/* {root}/usr/local/sbin/
mount -t proc proc {root}/proc
mount -t devtmpfs dev {root}/.dev
mount -t sysfs sys {root}/.sys
mount -t tmpfs dev {root}/dev
mount -t tmpfs sys {root}/sys
mount -t tmpfs run {root}/run
mount --bind {store}/bench {root}/.bench
mount --bind {store} {root}/mnt
for device in null zero full random urandom tty; do cp -a /dev/$device {root}/dev/; done
ln -s /proc/self/fd {root}/dev/fd
touch {root}/dev/console
[ {console} = none ] || mount --bind {console} {root}/dev/console
mkdir {root}/sys/block
ln -s /.sys/dev /.sys/class /.sys/devices {root}/sys/
chroot {root} sh -euc '. /.bench/plug.sh; . /.bench/before.sh'
chroot {root} {shell} /.bench/prepare.sh || status=$?
chroot {root} sh -euc '. /.bench/after.sh'
exit ${{status-0}}
"""


def plug_in(disk, loop):
    """The commands by which a disk appears to the instance."""
    sys_disk, real = f"/sys/block/{disk.name}", f"/.sys/block/{loop.name}"
    partition = disk.name + ("p1" if disk.name[-1].isdigit() else "1")
    lines = [
        f"mkdir -p {sys_disk}/device",
        *(f"ln -s {real}/{name} {sys_disk}/{name}" for name in ["dev", "size", "holders", "ro"]),
        f"ln -s {real}/{loop.name}p1 {sys_disk}/{partition}",
        f"ln -s /.dev/{loop.name}p1 /dev/{partition}",
    ]
    if disk.serial is not None:
        # The kernel pads it with blanks.
        lines += [f"echo '{disk.serial}  ' >{sys_disk}/device/serial", f"echo '{disk.model}   ' >{sys_disk}/device/model"]
    number = os.stat(loop.node).st_rdev
    lines.append(f"mknod /dev/{disk.name} b {os.major(number)} {os.minor(number)}")
    # What the kernel does as a disk appears, if it was built to read the table.
    lines.append(f"partx --update /dev/{disk.name} >/dev/null 2>&1 || :")
    return "\n".join(lines) + f"\n{END}"


class Reader:
    """Reads the console for as long as somebody has it open."""

    def __init__(self, source):
        self.source, self.pieces = source, []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        with contextlib.suppress(OSError):
            while piece := os.read(self.source, 4096):
                self.pieces.append(piece)

    def text(self):
        self.thread.join()
        os.close(self.source)
        return b"".join(self.pieces).decode(errors="replace").replace("\r\n", "\n")

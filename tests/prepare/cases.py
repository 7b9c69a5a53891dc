"""What assets/prepare.sh promises, case by case. `cases.py TARGET NAME` tries one, without a name it lists them."""

import hashlib
import os
import pathlib
import random
import subprocess
import sys
import threading
import zlib

import bench
import home
from bench import GIB, INSTANCE_STORE, RUN, UUID, VOLUME, Bench, Disk, Loop, sh

CASES = {}
OTHER = "vol-0ffffffffffffffff"
ROOT_LINE = "UUID=aaaaaaaa-0000-4000-8000-000000000001 / ext4 defaults 0 1\n"
NOFAIL = f"UUID={UUID} /home ext4 defaults,nofail,x-systemd.device-timeout=10s 0 2\n"
STRICT = f"UUID={UUID} /home ext4 defaults 0 2\n"
STEPS = ["find", "partition", "format", "copy", "verify", "fstab", "switch"]


def case(function):
    CASES[function.__name__] = function
    return function


# --- What the cases stand on ---


def fingerprint(file):
    """A hash of all that was ever written to a sparse file, with its place."""
    digest, place = hashlib.sha256(), 0
    with open(file, "rb") as disk:
        size = disk.seek(0, os.SEEK_END)
        while place < size:
            try:
                place = os.lseek(disk.fileno(), place, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(disk.fileno(), place, os.SEEK_HOLE)
            disk.seek(place)
            while place < end:
                piece = disk.read(min(1 << 16, end - place))
                if piece.strip(b"\0"):
                    digest.update(b"%d:" % place + piece)
                place += len(piece)
    return digest.hexdigest()


def furnished(world):
    """Fills the instance's /home, and returns what is there."""
    with world.mounted(world.image, "rw") as root:
        home.furnish(root / "home")
        return home.inventory(root / "home")


def edit(world, what, image=None):
    """Changes the instance's root filesystem."""
    with world.mounted(image or world.image, "rw") as root:
        what(root)


def assert_moved(world, disk, before, image=None, fstab=NOFAIL, old=None):
    """The home is on the disk, as it was; the instance is set to mount it, and keeps the old one."""
    with world.mounted(disk, partition=True) as there:
        now = home.inventory(there)
        marker = (there / ".spotkeeper-home").read_text().splitlines()
        files, size = len(now) - 1, sum(facts.get("size", 0) for facts in now.values())
        assert marker == ["version=1", f"volume={VOLUME}", "state=complete", f"files={files}", f"bytes={size}"], marker
    assert not home.differences(before, now), home.differences(before, now)
    table = sh("sfdisk", "--dump", disk)
    with open(disk, "rb") as raw:
        raw.seek(2047 * 512)
        assert not raw.read(512).strip(b"\0"), "a home has no claim: damaged later, it must not be formatted"
    assert table.count("start=") == 1 and "start=        2048" in table and 'name="spotkeeper-home"' in table, table
    with world.mounted(image or world.image) as root:
        assert (root / "etc/fstab").read_text() == ROOT_LINE + fstab, (root / "etc/fstab").read_text()
        assert not list((root / "home").iterdir())
        kept = home.inventory(root / "home.before-spotkeeper")
        assert not home.differences(before if old is None else old, kept), home.differences(before, kept)
        names = [path.name for path in [*root.iterdir(), *(root / "etc").iterdir()] if "spotkeeper" in path.name]
        assert names == ["home.before-spotkeeper"], names
        status = (root / "home").stat()
        assert (status.st_mode, status.st_uid, status.st_gid) == (0o40755, 0, 0), status
    return f"ok uuid={UUID} files={files} bytes={size}"


def assert_refused(world, words, *disks, files=None, **options):
    """It is refused in these words, and neither disk nor instance has another byte."""
    files = files or [disk.file for disk in (*disks, *options.get("late", ()))]
    before = [fingerprint(file) for file in files]
    with world.mounted(world.image) as root:
        fstab = (root / "etc/fstab").read_bytes()
    outcome = world.run(*disks, **options)
    assert outcome.verdict.startswith(words), outcome
    assert [fingerprint(file) for file in files] == before, f"the disk was changed: {outcome}"
    with world.mounted(world.image) as root:
        assert (root / "etc/fstab").read_bytes() == fstab
        assert (root / "home").is_dir() and not (root / "home.before-spotkeeper").exists()
    return outcome


def write(file, offset, data):
    with open(file, "r+b") as disk:
        disk.seek(offset)
        disk.write(data)


def partitioned(world, file, make):
    """Does something with the first partition of an image, as a block device."""
    loop = Loop(file)
    subprocess.run(["partx", "--update", loop.node], capture_output=True, check=False)
    make(f"{loop.node}p1")
    loop.close()


# --- What it does ---


@case
def all_that_is_below_home_is_equal_afterwards(world):
    before, disk = furnished(world), world.blank()
    outcome = world.run(Disk(disk))
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    assert outcome.steps == STEPS, outcome
    assert outcome.console == outcome.stdout, outcome
    assert "LABEL=\"spotkeeper-home\"" in subprocess.run(
        ["blkid", "-p", "-O", str(1 << 20), disk], capture_output=True, text=True, check=True
    ).stdout
    assert before["ada/sparse"]["blocks"] * 512 < 100_000, before["ada/sparse"]


@case
def it_runs_under_busybox_sh_as_under_dash(world):
    before, disk = furnished(world), world.blank()
    outcome = world.run(Disk(disk), shell="busybox sh")
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    again = world.run(Disk(disk), shell="busybox sh")
    assert again.verdict == f"{outcome.verdict} already", again
    kept = fingerprint(disk)
    refused = world.run(Disk(disk), shell="busybox sh", VOLUME=OTHER, DEVICE="/dev/nvme1n1")
    assert refused.verdict.startswith("refused wrong-disk: "), refused
    assert fingerprint(disk) == kept


@case
def a_second_run_changes_not_a_byte_and_says_so(world):
    furnished(world)
    disk = world.blank()
    first = world.run(Disk(disk))
    with world.mounted(world.image) as root:
        fstab, states = (root / "etc/fstab").read_bytes(), (root / "etc/fstab").stat()
    kept = fingerprint(disk)
    again = world.run(Disk(disk), RUN="0123456789abcdef")
    assert again.console.count(f"spotkeeper-prepare 0123456789abcdef {first.verdict} already") == 2, again
    assert fingerprint(disk) == kept
    with world.mounted(world.image) as root:
        assert (root / "etc/fstab").read_bytes() == fstab and (root / "etc/fstab").stat().st_ino == states.st_ino
    mounted = world.run(Disk(disk), before="mount /dev/nvme1n1p1 /home")
    assert mounted.verdicts[:1] == [f"{first.verdict} already"], mounted


@case
def a_disk_that_appears_late_is_waited_for(world):
    before, disk = furnished(world), world.blank()
    outcome = world.run(late=[Disk(disk)])
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    assert outcome.said[1] == f"wait for {VOLUME} to be attached as /dev/sdp", outcome
    assert len([line for line in outcome.said if line.startswith("wait")]) == 1, outcome


@case
def without_serials_the_disk_is_found_by_the_name_that_a_xen_guest_gives_it(world):
    before, disk = furnished(world), world.blank()
    outcome = world.run(Disk(world.blank(1, "other"), "xvdf", None), Disk(disk, "xvdp", None))
    assert outcome.verdict == assert_moved(world, disk, before), outcome


@case
def a_home_that_is_complete_serves_another_instance_as_it_is(world):
    before, disk = furnished(world), world.blank()
    fresh = world.copy(world.image, "fresh.img")
    first = world.run(Disk(disk))
    kept = fingerprint(disk)
    edit(world, lambda root: (root / "home/other").write_text("of another image"), fresh)
    with world.mounted(fresh) as root:
        other = home.inventory(root / "home")
    outcome = world.run(Disk(disk), image=fresh)
    assert outcome.verdict == first.verdict, outcome
    assert outcome.steps == ["find", "fstab", "switch"], outcome
    assert fingerprint(disk) == kept
    assert_moved(world, disk, before, fresh, old=other)


@case
def fstab_has_one_line_for_home_in_either_mode_and_keeps_all_others(world):
    disk = world.blank()
    before, after = f"# a comment\n\n{ROOT_LINE}#UUID=x /home ext4 defaults 0 2\n", "LABEL=data /home/data xfs noauto 0 0"

    def prepare(root):
        (root / "etc/fstab").write_text(before + after)
        (root / "etc/fstab").chmod(0o640)
        os.chown(root / "etc/fstab", 0, 42)

    edit(world, prepare)
    # What udev makes of the two disks, for findmnt to find them by their UUIDs.
    links = "mkdir -p /dev/disk/by-uuid; mknod /dev/root b $(stat -c '%Hd %Ld' /); cd /dev/disk/by-uuid\n"
    links += f"ln -sf /dev/root aaaaaaaa-0000-4000-8000-000000000001; ln -sf /dev/nvme1n1p1 {UUID}\n"
    modes = [("nofail", NOFAIL), ("strict", STRICT), ("strict", STRICT), ("nofail", NOFAIL)]
    for round, (mode, line) in enumerate(modes):
        outcome = world.run(Disk(disk), FSTAB=mode, after=links + "findmnt --verify >/.bench/verified 2>&1 || :")
        already = " already" if round == 2 else ""
        assert outcome.verdict == f"ok uuid={UUID} files=0 bytes=0{already}", outcome
        verified = (world.out / "verified").read_text()
        assert "0 parse errors, 0 errors" in verified and "/home\n" not in verified, verified
        with world.mounted(world.image) as root:
            assert (root / "etc/fstab").read_text() == f"{before}{line}{after}\n"
            status = (root / "etc/fstab").stat()
            assert (status.st_mode & 0o7777, status.st_gid) == (0o640, 42), status


@case
def missing_tools_are_installed_once_the_package_manager_is_free(world):
    before, disk = furnished(world), world.blank()
    hide = "mv /usr/bin/rsync /usr/bin/hidden; mv /usr/sbin/mke2fs /usr/sbin/hidden"
    world.tool("dpkg", "exit 0")
    world.tool(
        "apt-get",
        'case "$*" in *update*) exit 0;; esac; echo x >>/.bench/tries; echo "$*" >/.bench/asked\n'
        '[ $(wc -l </.bench/tries) -gt 2 ] || { echo "E: Could not get lock" >&2; exit 100; }\n'
        "mv /usr/bin/hidden /usr/bin/rsync; mv /usr/sbin/hidden /usr/sbin/mke2fs",
    )
    outcome = world.run(Disk(disk), before=hide)
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    assert outcome.said[1] == "wait for the package manager to install rsync e2fsprogs", outcome
    assert (world.out / "asked").read_text().endswith("install rsync e2fsprogs\n")


@case
def a_file_that_is_written_during_the_copy_is_copied_again(world):
    furnished(world)
    disk = world.blank()
    world.tool("rsync", '/usr/bin/rsync "$@"; status=$?\n[ -e /home/late ] || echo late >/home/late\nexit $status')
    outcome = world.run(Disk(disk))
    assert outcome.steps == ["find", "partition", "format", "copy", "verify", "copy", "verify", "fstab", "switch"], outcome
    with world.mounted(world.image) as root:
        before = home.inventory(root / "home.before-spotkeeper")
    assert "late" in before
    assert outcome.verdict == assert_moved(world, disk, before), outcome


# --- What it refuses ---


@case
def a_disk_with_raw_data_in_its_middle_is_refused_unchanged(world):
    disk = world.blank()
    write(disk, 512 << 20, b"\0\0x")
    assert_refused(world, "refused has-data: nvme1n1 has data of an unknown kind", Disk(disk))


@case
def of_a_big_disk_samples_are_read_and_data_in_them_is_refused(world):
    disk = world.blank(8)
    write(disk, (8 << 30) - 1, b"x")
    assert_refused(world, "refused has-data: nvme1n1 has data of an unknown kind", Disk(disk), SIZE="8")
    disk = world.blank(8)
    write(disk, 5 << 30, b"x" * (8 << 20))
    assert_refused(world, "refused has-data: nvme1n1 has data of an unknown kind near byte 53", Disk(disk), SIZE="8")
    disk = world.blank(8)
    outcome = world.run(Disk(disk), SIZE="8")
    assert outcome.verdict == f"ok uuid={UUID} files=0 bytes=0", outcome


def lvm_label():
    """The second sector of a physical volume of LVM2, with its checksum."""
    body = (32).to_bytes(4, "little") + b"LVM2 001" + b"u" * 32
    body += bytes(512 - 20 - len(body))
    check = zlib.crc32(body, ~0xF597A6CF & 0xFFFFFFFF) ^ 0xFFFFFFFF
    return b"LABELONE" + (1).to_bytes(8, "little") + check.to_bytes(4, "little") + body


@case
def a_disk_with_a_partition_table_or_a_known_signature_is_refused_unchanged(world):
    def table(kind):
        return lambda disk: sh("sfdisk", "--quiet", disk, input=f"label: {kind}\nsize=8MiB\n")

    kinds = {
        "gpt": table("gpt"),
        "dos": table("dos"),
        "ext4": lambda disk: sh("mkfs.ext4", "-q", disk),
        "xfs": lambda disk: sh("mkfs.xfs", "-q", disk),
        "swap": lambda disk: sh("mkswap", "-q", disk),
        "LVM2_member": lambda disk: write(disk, 512, lvm_label()),
        "two": lambda disk: (sh("mkfs.ext4", "-q", disk), write(disk, 4086, b"SWAPSPACE2")),
    }
    for kind, make in kinds.items():
        disk = world.blank(1, f"{kind}.img")
        make(disk)
        words = "refused has-data: nvme1n1 carries " + ("" if kind == "two" else kind)
        assert_refused(world, words, Disk(disk))


@case
def a_partition_of_our_name_without_our_home_in_it_is_refused_unchanged(world):
    makes = {
        "has nothing known in it": lambda node: None,
        "has xfs in it": lambda node: sh("mkfs.xfs", "-q", node),
        "without the marker of a home": lambda node: sh("mkfs.ext4", "-q", "-L", "spotkeeper-home", "-U", UUID, node),
    }
    for words, make in makes.items():
        disk = world.blank(1, "named.img")
        sh("sfdisk", "--quiet", disk, input='label: gpt\nstart=2048, name="spotkeeper-home"\n')
        partitioned(world, disk, make)
        outcome = assert_refused(world, "refused has-data: nvme1n1p1 ", Disk(disk))
        assert words in outcome.verdict, outcome


@case
def the_home_of_another_volume_is_refused_unchanged(world):
    furnished(world)
    disk, fresh = world.blank(), world.copy(world.image, "fresh.img")
    world.run(Disk(disk, serial=OTHER.replace("-", "")), VOLUME=OTHER)
    world.image = fresh
    assert_refused(world, f"refused foreign-home: nvme1n1p1 is the home of {OTHER}", Disk(disk))
    begun = world.blank(1, "begun.img")
    write(begun, 2047 * 512, b"spotkeeper-home " + OTHER.encode())
    assert_refused(world, f"refused foreign-home: nvme1n1 is begun as the home of {OTHER}", Disk(begun))
    with world.mounted(disk, "rw", partition=True) as there:
        (there / ".spotkeeper-home").write_text("volume=vol-1\x1b[2J\nspotkeeper-prepare ok\nstate=complete\n")
    outcome = assert_refused(world, "refused foreign-home: nvme1n1p1 is the home of vol-12\n"[:-1], Disk(disk))
    assert "\x1b" not in outcome.console, outcome


@case
def a_wrong_disk_is_refused_unchanged(world):
    other = Disk(world.blank(), serial=OTHER.replace("-", ""))
    assert_refused(
        world, f"refused wrong-disk: nvme1n1 is {other.serial} and not {VOLUME}", other, links=[("/dev/sdp", "nvme1n1")]
    )
    assert_refused(world, "refused wrong-size: nvme1n1 has 1073741824 bytes, not 2 GiB", Disk(other.file), SIZE="2")


@case
def an_instance_store_disk_is_refused_unchanged(world):
    disk = Disk(world.blank(), serial="AWS0123456789ABCDEF0", model=INSTANCE_STORE)
    assert_refused(world, "refused instance-store: ", disk, links=[("/dev/sdp", "nvme1n1")])


@case
def a_disk_that_does_not_appear_is_refused_after_ten_minutes(world):
    world.tool("sleep", "echo $1 >>/.bench/slept")
    disks = [Disk(world.blank(), serial=OTHER.replace("-", "")), Disk(world.blank(1, "b"), "nvme2n1", "AWS1", INSTANCE_STORE)]
    assert_refused(world, f"refused no-disk: {VOLUME} did not appear in ten minutes", *disks)
    assert sum(map(int, (world.out / "slept").read_text().split())) == 601


@case
def two_disks_that_answer_to_the_volume_are_refused_unchanged(world):
    one, two = world.blank(1, "one"), world.blank(1, "two")
    assert_refused(world, "refused ambiguous: ", Disk(one), Disk(two, "nvme2n1"))
    link = ("/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_" + bench.SERIAL, "nvme2n1")
    other = Disk(two, "nvme2n1", OTHER.replace("-", ""))
    assert_refused(world, "refused ambiguous: ", Disk(one), other, links=[link])
    assert_refused(world, "refused ambiguous: ", Disk(one, "sdp", None), Disk(two, "xvdp", None))


@case
def a_disk_in_use_and_the_root_disk_are_refused(world):
    disk = world.blank()
    sh("mkswap", "-q", disk)
    outcome = world.run(Disk(disk), before="swapon /dev/nvme1n1", after="swapoff /dev/nvme1n1")
    assert outcome.verdict.startswith("refused in-use: nvme1n1 is in use: "), outcome
    sh("mkfs.ext4", "-q", "-F", disk)
    outcome = world.run(Disk(disk), before="mkdir /data; mount /dev/nvme1n1 /data")
    assert outcome.verdict.startswith("refused in-use: nvme1n1 is in use: "), outcome
    sh("sfdisk", "--quiet", "--wipe=always", disk, input='label: gpt\nstart=2048, name="spotkeeper-home"\n')
    partitioned(world, disk, lambda node: sh("mkfs.ext4", "-q", "-F", node))
    outcome = world.run(Disk(disk), before="mkdir -p /data; mount /dev/nvme1n1p1 /data")
    assert outcome.verdict.startswith("refused in-use: nvme1n1 is in use: "), outcome
    root = world.copy(world.image, "spare.img")
    with open(root, "r+b") as file:
        file.truncate(GIB)
    outcome = world.run(Disk(root), image=root)
    assert outcome.verdict == "refused root-disk: nvme1n1 carries the root filesystem", outcome


@case
def a_home_that_is_no_plain_folder_of_the_root_filesystem_is_refused(world):
    disk = world.blank()
    write_fstab = lambda root: (root / "etc/fstab").write_text(ROOT_LINE + "LABEL=theirs /home/ xfs defaults 0 2\n")
    edit(world, write_fstab)
    assert_refused(world, "refused home-in-fstab: /etc/fstab mounts LABEL=theirs at /home", Disk(disk))
    edit(world, lambda root: (root / "etc/fstab").write_text(ROOT_LINE))
    before = fingerprint(disk)
    outcome = world.run(Disk(disk), before="mount -t tmpfs home /home")
    assert outcome.verdicts[0].startswith("refused home-is-mounted: "), outcome
    edit(world, lambda root: ((root / "home").rmdir(), (root / "home").symlink_to("/srv")))
    outcome = world.run(Disk(disk))
    assert outcome.verdict == "refused no-home: /home is not a folder", outcome
    edit(world, lambda root: ((root / "home").unlink(), (root / "home").mkdir(), (root / "home.before-spotkeeper").mkdir()))
    outcome = world.run(Disk(disk))
    assert outcome.verdict == "refused old-home: /home.before-spotkeeper is there already", outcome
    assert fingerprint(disk) == before


# --- What it cannot do ---


@case
def without_room_for_the_bytes_or_the_files_nothing_is_copied_and_it_can_be_tried_again(world):
    before, disk = furnished(world), world.blank()
    du, df = world.tools / "du", world.tools / "df"
    world.tool("du", "printf '9999999\\t/home\\n'")
    outcome = world.run(Disk(disk))
    assert outcome.verdict.startswith("failed copy: no space: /home needs 9999999 KiB, the volume has 9"), outcome
    assert outcome.steps == STEPS[:4], outcome
    with world.mounted(disk, partition=True) as there:
        assert sorted(path.name for path in there.iterdir()) == [".spotkeeper-home", "lost+found"]
    du.unlink()
    world.tool("df", """[ $1 = -Pi ] && printf 'h\\n/dev/x 30 12 18 1%% /\\n' || exec /usr/bin/df "$@\"""")
    outcome = world.run(Disk(disk))
    assert outcome.verdict == f"failed copy: no space: /home needs {len(before) + 15} inodes, the volume has 30", outcome
    df.unlink()
    outcome = world.run(Disk(disk))
    assert outcome.verdict == assert_moved(world, disk, before), outcome


@case
def a_home_that_does_not_fit_is_refused_by_its_real_size(world):
    image = world.copy(world.image, "wide.img")
    with open(image, "r+b") as file:
        file.truncate(2 * GIB)
    loop = Loop(image)
    subprocess.run(["e2fsck", "-fp", loop.node], capture_output=True, check=False)
    sh("resize2fs", loop.node)
    loop.close()
    edit(world, lambda root: sh("fallocate", "-l", "1200M", root / "home/big"), image)
    outcome = world.run(Disk(world.blank()), image=image)
    assert outcome.verdict.startswith("failed copy: no space: /home needs 12"), outcome


@case
def whatever_tool_fails_there_is_a_verdict_and_no_power(world):
    before, disk = furnished(world), world.blank()
    for tool, step in [("sfdisk", "partition"), ("mke2fs", "format"), ("rsync", "copy"), ("mv", "copy"), ("cp", "fstab"), ("chown", "switch")]:
        allowed = {"sfdisk": "--dump", "mke2fs": "-n"}.get(tool, "none")
        path = "/usr/sbin" if tool in ("sfdisk", "mke2fs") else "/usr/bin"
        world.tool(tool, f'[ "$1" != {allowed} ] || exec {path}/{tool} "$@"; echo "{tool} has had it" >&2; exit 3')
        outcome = world.run(Disk(disk))
        assert outcome.verdict.startswith(f"failed {step}: "), outcome
        if tool in ("sfdisk", "mke2fs", "rsync"):
            assert outcome.verdict.endswith(f"{tool} has had it"), outcome
        (world.tools / tool).unlink()
    outcome = world.run(Disk(disk))
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    settings = world.run(Disk(disk), FSTAB="lazy")
    assert settings.verdict.startswith("failed find: SPOTKEEPER_VOLUME, "), settings


@case
def a_signal_ends_it_with_a_verdict_and_no_power(world):
    world.tool("rsync", "kill -TERM $PPID; exit 20")
    outcome = world.run(Disk(world.blank()))
    assert outcome.verdict.startswith("failed copy: "), outcome


@case
def a_console_that_cannot_be_written_stops_nothing(world):
    before, disk = furnished(world), world.blank()
    outcome = world.run(Disk(disk), before="umount /dev/console; rm /dev/console; mkdir /dev/console")
    said = assert_moved(world, disk, before)
    assert outcome.console == "" and outcome.stdout.endswith(f"spotkeeper-prepare {RUN} {said}\n"), outcome
    assert outcome.powered_off == ["off"], outcome


@case
def another_run_at_the_same_time_keeps_out_and_leaves_the_power_on(world):
    before, disk = furnished(world), world.blank()
    second = "/.bench/prepare.sh >/.bench/second 2>&1; echo $? >>/.bench/second; cat /.bench/poweroff >>/.bench/second 2>/dev/null"
    world.tool("sfdisk", f"case $1 in --quiet) {second};; esac; exec /usr/sbin/sfdisk \"$@\"")
    outcome = world.run(Disk(disk), before="chmod +x /.bench/prepare.sh")
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    second = (world.out / "second").read_text()
    assert second == "another prepare is at work on this instance\n1\n", second


@case
def cloud_init_runs_it_again_at_the_next_boot_until_it_is_done(world):
    mark = "var/lib/cloud/instance/sem/config_scripts_user"
    edit(world, lambda root: (root / mark).write_text("1: run\n"))
    disk = world.blank()
    write(disk, 0, b"x")
    world.run(Disk(disk))
    with world.mounted(world.image) as root:
        assert not (root / mark).exists(), "refused: to start the instance again is to try again"
    edit(world, lambda root: (root / mark).write_text("1: run\n"))
    write(disk, 0, b"\0")
    outcome = world.run(Disk(disk))
    assert outcome.verdict.startswith("ok "), outcome
    with world.mounted(world.image) as root:
        assert (root / mark).exists(), "done: the next boot is the user's"


# --- Power loss ---

TOOLS = {
    "/usr/bin": "dd mount umount mv mkdir cp touch sync chmod chown rsync rm cmp find",
    "/usr/sbin": "sfdisk mke2fs blkid",
}


def cut(world, disk):
    """Runs it, and keeps both disks as they are just before each call of a tool; returns those that differ."""
    (world.store / "cut").mkdir()
    for folder, names in TOOLS.items():
        for name in names.split():
            world.tool(
                name,
                "n=$(($(wc -l </mnt/calls) + 1)); echo x >>/mnt/calls; /usr/bin/mkdir /mnt/cut/$n\n"
                f"/usr/bin/cp --reflink=always /mnt/{world.image.name} /mnt/{disk.name} /mnt/cut/$n/\n"
                f'echo "{name} $*" >/mnt/cut/$n/before\nexec {folder}/{name} "$@"',
            )
    (world.store / "calls").touch()
    outcome = world.run(Disk(disk))
    for names in TOOLS.values():
        for name in names.split():
            (world.tools / name).unlink()
    seen, cuts = set(), []
    for folder in sorted((world.store / "cut").iterdir(), key=lambda path: int(path.name)):
        images = folder / world.image.name, folder / disk.name
        state = tuple(map(fingerprint, images))
        if state not in seen:
            seen.add(state)
            cuts.append((*images, (folder / "before").read_text().strip()))
    return outcome, cuts


def assert_resumed(world, root, disk, before, when):
    """After the power loss the same instance goes on, and so does a new one with the same volume."""
    fresh = world.store / "resumed-fresh.img"
    sh("cp", "--reflink=always", world.store / "fresh.img", fresh)
    spare = world.store / "resumed-spare.img"
    sh("cp", "--reflink=always", disk, spare)
    for image, volume, who in [(root, disk, "the same instance"), (fresh, spare, "a new instance")]:
        outcome = world.run(Disk(volume), image=image)
        assert outcome.verdict.startswith("ok "), f"{when}, {who}: {outcome}"
        try:
            said = assert_moved(world, volume, before, image)
        except AssertionError as error:
            raise AssertionError(f"{when}, {who}: {error}\n{outcome}") from error
        assert outcome.verdict.removesuffix(" already") == said, f"{when}, {who}: {outcome}"


@case
def power_lost_before_any_call_of_a_tool_is_resumed(world):
    before, disk = furnished(world), world.blank()
    world.copy(world.image, "fresh.img")
    outcome, cuts = cut(world, disk)
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    # The two disks change at all these moments.
    assert len(cuts) > 15, [when for *_, when in cuts]
    for root, volume, when in cuts:
        assert_resumed(world, root, volume, before, f"power lost before {when}")
    print(f"{len(cuts)} moments")


@case
def power_lost_at_any_moment_is_resumed(world):
    before, disk = furnished(world), world.blank()
    edit(world, lambda root: [(root / f"home/{n}").write_bytes(os.urandom(50_000)) for n in range(400)])
    with world.mounted(world.image) as root:
        before = home.inventory(root / "home")
    world.copy(world.image, "fresh.img")
    moments, over = world.store / "moments", threading.Event()
    moments.mkdir()

    def watch():
        while not over.wait(0.03):
            folder = moments / str(len(os.listdir(moments)))
            folder.mkdir()
            sh("cp", "--reflink=always", world.image, disk, folder)

    watcher = threading.Thread(target=watch)
    watcher.start()
    outcome = world.run(Disk(disk))
    over.set()
    watcher.join()
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    states = {}
    for folder in sorted(moments.iterdir(), key=lambda path: int(path.name)):
        images = folder / world.image.name, folder / disk.name
        states.setdefault(fingerprint(images[1]), images)
    seed = int(os.environ.get("SPOTKEEPER_SEED") or random.randrange(1 << 32))
    print(f"SPOTKEEPER_SEED={seed}, {len(states)} different disks in {len(os.listdir(moments))} moments")
    assert len(states) > 3, len(states)
    chosen = random.Random(seed).sample(sorted(states.values()), min(4, len(states)))
    for root, volume in chosen:
        assert_resumed(world, root, volume, before, f"seed {seed}, moment {root.parent.name}")


def at(cuts, words):
    """The disk as it was before this call."""
    return next(disk for _, disk, when in cuts if when.startswith(words))


@case
def a_torn_partition_table_or_filesystem_of_our_own_is_made_again(world):
    before, disk = furnished(world), world.blank()
    fresh = world.copy(world.image, "fresh.img")
    _, cuts = cut(world, disk)
    claimed, parted = at(cuts, "sfdisk --quiet"), at(cuts, "mke2fs -q")
    # libfdisk writes the copy at the end first, then the table at the start, then the protecting MBR.
    last = GIB // 512 - 1
    entries_copy, header_copy, header, entries, mbr = (last - 32, 32), (last, 1), (1, 1), (2, 32), (0, 1)
    # Nor need a disk keep to that order.
    written = [[entries_copy], [entries_copy, header_copy, entries, header], [mbr], [mbr, header, entries]]
    for pieces in written:
        volume = world.copy(claimed, "torn.img")
        with open(parted, "rb") as source:
            for sector, count in pieces:
                source.seek(sector * 512)
                write(volume, sector * 512, source.read(count * 512))
        outcome = world.run(Disk(volume), image=world.copy(fresh, "resumed.img"))
        assert outcome.verdict.startswith("ok "), f"{pieces}: {outcome}"
        assert outcome.verdict == assert_moved(world, volume, before, world.store / "resumed.img"), f"{pieces}: {outcome}"
    made = at(cuts, "mount -t ext4 /dev")
    blocks = changed(parted, made)
    superblock = [(1 << 20) // 4096]
    chance = random.Random(6)
    parts = [superblock, [block for block in blocks if block not in superblock]]
    parts += [[block for block in blocks if chance.random() < share] for share in (0.3, 0.7)]
    for number, part in enumerate(parts):
        volume = world.copy(parted, "torn.img")
        with open(made, "rb") as source:
            for block in part:
                source.seek(block * 4096)
                write(volume, block * 4096, source.read(4096))
        outcome = world.run(Disk(volume), image=world.copy(fresh, "resumed.img"))
        assert outcome.steps == ["find", *STEPS[2:]], f"{number}: {outcome}"
        assert outcome.verdict == assert_moved(world, volume, before, world.store / "resumed.img"), f"{number}: {outcome}"


def changed(before, after):
    """The numbers of the blocks of 4 KiB that were written in the first partition."""
    blocks, place = [], 1 << 20
    with open(before, "rb") as one, open(after, "rb") as two:
        while True:
            try:
                place = os.lseek(two.fileno(), place, os.SEEK_DATA) & ~4095
            except OSError:
                return blocks
            end = os.lseek(two.fileno(), place, os.SEEK_HOLE)
            one.seek(place)
            two.seek(place)
            for number in range(place // 4096, end // 4096):
                if one.read(4096) != two.read(4096):
                    blocks.append(number)
            place = end


@case
def what_somebody_did_with_a_disk_that_was_only_begun_is_refused_unchanged(world):
    claim = b"spotkeeper-home " + VOLUME.encode()

    def begun(named="begun.img"):
        disk = world.blank(1, named)
        write(disk, 2047 * 512, claim)
        return disk

    def named(make):
        disk = begun()
        sh("sfdisk", "--quiet", disk, input='label: gpt\nstart=2048, name="spotkeeper-home"\n')
        partitioned(world, disk, make)
        return disk

    def used(node):
        sh("mkfs.ext4", "-q", "-U", UUID, node)
        where = world.folder / "used"
        where.mkdir()
        sh("mount", node, where)
        (where / "thesis").write_text("years")
        sh("umount", where)

    middle = begun()
    write(middle, 700 << 20, b"x")
    assert_refused(world, "refused has-data: nvme1n1 has data of an unknown kind", Disk(middle))
    table = begun()
    sh("sfdisk", "--quiet", table, input="label: gpt\nsize=8MiB\n")
    assert_refused(world, "refused has-data: nvme1n1 carries gpt", Disk(table))
    stranger = named(lambda node: sh("mkfs.ext4", "-q", node))
    assert_refused(world, "refused has-data: nvme1n1p1 is named spotkeeper-home, but has ext4 in it", Disk(stranger))
    other = named(lambda node: sh("mkfs.xfs", "-q", node))
    assert_refused(world, "refused has-data: nvme1n1p1 is named spotkeeper-home, but has xfs in it", Disk(other))
    thesis = named(used)
    assert_refused(world, "refused has-data: nvme1n1p1 has a filesystem without the marker", Disk(thesis))


@case
def killed_at_each_step_it_goes_on_in_the_same_boot(world):
    before, disk = furnished(world), world.blank()
    # Each begins with what the disks have as power is lost at the kill before.
    left = f"cp --reflink=always /mnt/{world.image.name} /mnt/left.root; cp --reflink=always /mnt/{disk.name} /mnt/left.home"
    calls = [("sfdisk", "--quiet"), ("mke2fs", "-q"), ("mount", "-t ext4 /dev"), ("rsync", "-aHAXS"), ("rsync", "--dry-run")]
    calls += [("cp", "-p"), ("mv", "-f /etc"), ("mv", "-T /home "), ("mv", "-T /home.spot")]
    for tool, words in calls:
        path = "/usr/sbin" if tool in ("sfdisk", "mke2fs") else "/usr/bin"
        world.tool(
            tool,
            f'case "$*" in *"{words}"*) [ -e /.bench/killed ] || {{ touch /.bench/killed; kill -9 -1; kill -9 $$; }};; esac\n'
            f'exec {path}/{tool} "$@"',
        )
        outcome = world.run(Disk(disk), after=f"{left}; dash /.bench/prepare.sh")
        (world.tools / tool).unlink()
        assert outcome.status == 137 and (world.out / "killed").exists(), outcome
        assert outcome.verdict == assert_moved(world, disk, before), f"killed at {tool} {words}: {outcome}"
        sh("cp", "--reflink=always", world.store / "left.root", world.image)
        sh("cp", "--reflink=always", world.store / "left.home", disk)


@case
def powered_off_between_fstab_and_switch_the_new_home_is_mounted_over_the_old_and_it_goes_on(world):
    before, disk = furnished(world), world.blank()
    world.tool("mv", 'case "$*" in "-T /home "*) exit 1;; esac; exec /usr/bin/mv "$@"')
    outcome = world.run(Disk(disk))
    assert outcome.verdict.startswith("failed switch: "), outcome
    (world.tools / "mv").unlink()
    outcome = world.run(Disk(disk), before="mount /dev/nvme1n1p1 /home")
    assert outcome.verdict == assert_moved(world, disk, before), outcome
    assert outcome.steps == ["find", "fstab", "switch"], outcome


# --- The script itself ---


@case
def shellcheck_finds_nothing_and_every_shell_reads_it(world):
    for shell in ["sh", "dash"]:
        sh("shellcheck", f"--shell={shell}", "--severity=style", bench.SCRIPT)
    for shell in [["dash"], ["busybox", "sh"]]:
        sh(*shell, "-n", input=world.script())


@case
def it_is_well_below_what_ec2_takes_as_user_data_and_its_settings_go_below_the_first_line(world):
    text = world.script(SIZE="16384", VOLUME=VOLUME)
    assert text.startswith(f"#!/bin/sh\nSPOTKEEPER_RUN='{RUN}'\nSPOTKEEPER_VOLUME='{VOLUME}'\n"), text[:200]
    assert text.isascii() and len(text) < 16_384 - 512, len(text)


def main():
    target = pathlib.Path(sys.argv[1])
    if len(sys.argv) == 2:
        print("\n".join(CASES))
        return
    bench.enter_namespace()
    world = Bench(target, sys.argv[2][:20])
    try:
        CASES[sys.argv[2]](world)
    finally:
        world.remove()


if __name__ == "__main__":
    main()

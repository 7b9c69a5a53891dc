"""What a home may hold, and all that has to be equal in its copy."""

import hashlib
import os
import socket
import stat
import struct
import subprocess

# Capability cap_net_raw=ep, as `setcap` writes it: revision 2, effective.
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


def furnish(home):
    """Fills a folder with one of everything that rsync can get wrong."""
    ada, stranger = home / "ada", home / "stranger"
    for folder, user, mode in [(ada, 1000, 0o750), (stranger, 54321, 0o2775)]:
        folder.mkdir()
        (folder / "notes").write_text(f"{user}\n" * 100)
        os.chown(folder / "notes", user, 65432)
        os.chown(folder, user, user)
        folder.chmod(mode)
    for name in [b"new\nline", b"not utf-8 \xff", b"-rf", b" blanks ", "käse".encode(), b"*"]:
        with open(os.path.join(os.fsencode(ada), name), "wb") as file:
            file.write(name)
    (ada / "empty").mkdir(0o1777)
    (ada / "su").write_bytes(b"#!")
    (ada / "su").chmod(0o6755)
    (ada / "zero").touch()
    os.link(ada / "notes", stranger / "the same notes")
    os.link(ada / "notes", ada / "notes again")
    os.symlink("nowhere", ada / "dangling")
    os.symlink("notes", ada / "link")
    os.lchown(ada / "link", 4242, 4242)
    os.mkfifo(ada / "fifo", 0o640)
    os.mknod(ada / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(ada / "socket"))
    sparse(ada / "sparse")
    (ada / "bytes").write_bytes(os.urandom(300_000))
    os.setxattr(ada / "bytes", "user.colour", b"green\0blue")
    os.setxattr(ada / "bytes", "trusted.secret", b"root's")
    os.setxattr(ada / "su", "security.capability", CAPABILITY)
    os.setxattr(stranger, "user.on a folder", b"yes")
    subprocess.run(["setfacl", "-m", "u:7777:rwx,g:8888:r--,m::rwx", ada / "notes"], check=True)
    subprocess.run(["setfacl", "-d", "-m", "u:7777:r-x", stranger], check=True)
    for number, path in enumerate(sorted(walk(home), key=os.fsencode)):
        os.utime(path, ns=(10**18, 10**18 + number * 1_000_000_007), follow_symlinks=False)


def sparse(path):
    """Eighty MiB with two islands of data."""
    with open(path, "wb") as file:
        file.truncate(80 << 20)
        for offset in [3 << 20, 50 << 20]:
            file.seek(offset)
            file.write(b"island" * 1000)


def walk(home):
    yield os.fspath(home)
    for folder, folders, files in os.walk(home):
        yield from (os.path.join(folder, name) for name in folders + files)


def inventory(home):
    """Each path below a folder, and the folder itself, with all that is known of it."""
    found, links = {}, {}
    for path in walk(home):
        name = os.path.relpath(path, home)
        if name.split("/")[0] in ("lost+found", ".spotkeeper-home"):
            continue
        status = os.lstat(path)
        facts = {
            "mode": oct(status.st_mode),
            "owner": (status.st_uid, status.st_gid),
            "time": status.st_mtime_ns,
            "attributes": {key: os.getxattr(path, key, follow_symlinks=False) for key in os.listxattr(path, follow_symlinks=False)},
        }
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb") as file:
                facts["content"] = hashlib.sha256(file.read()).hexdigest()
            facts.update(size=status.st_size, blocks=status.st_blocks, links=status.st_nlink)
            facts["same as"] = links.setdefault(status.st_ino, [])
            links[status.st_ino].append(name)
        elif stat.S_ISLNK(status.st_mode):
            facts["target"] = os.readlink(path)
        else:
            facts["device"] = status.st_rdev
        found[name] = facts
    for same in links.values():
        same.sort()
    return found


def differences(before, after):
    """What is not equal in two inventories, in words."""
    words = [f"only there before: {name!r}" for name in before.keys() - after.keys()]
    words += [f"only there after: {name!r}" for name in after.keys() - before.keys()]
    for name in before.keys() & after.keys():
        words += [
            f"{key} of {name!r}: {before[name].get(key)!r} became {after[name].get(key)!r}"
            for key in before[name].keys() | after[name].keys()
            if before[name].get(key) != after[name].get(key)
        ]
    return sorted(words)

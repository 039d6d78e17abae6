"""Every archive that `build` does not write is refused with its reason; what it writes is read as it was."""

import io
import json
import struct
import tarfile

import pytest

from opk_skills.errors import PackageRefused
from opk_skills.package import building, contents, reading, ustar
from opk_skills.package.canonical import encoded
from tests import packages
from tests.packages import DECLARED, FILES, archive, listed, package, unpadded


def refusal(data):
    with pytest.raises(PackageRefused) as raised:
        packages.reading(data)
    return raised.value


def test_a_package_is_read_as_it_was_built():
    found = packages.reading(package())
    assert found.manifest.key == "lift"
    assert found.manifest.version == "04.3010.0000"
    assert found.manifest.rates() == {"delivery": 36_000, "lift.ride": 60}
    assert [entry.name for entry in found.entries] == sorted(FILES)
    assert found.size == len(package())
    assert found.unknown == ()
    file = io.BytesIO(package())
    assert {entry.name: b"".join(contents(file, entry)) for entry in found.entries} == FILES


def test_the_archive_that_tarfile_writes_is_taken_where_nothing_is_spoiled():
    """The control of all below."""
    assert packages.reading(archive()).sha256 == packages.reading(package()).sha256


def member(name, kind=tarfile.REGTYPE, size=0, **more):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode = kind, size, 0o644
    for key, value in more.items():
        setattr(info, key, value)
    return info


SPOILED = {
    "mode": lambda m: setattr(m, "mode", 0o755),
    "setuid": lambda m: setattr(m, "mode", 0o4644),
    "owner": lambda m: setattr(m, "uid", 1000),
    "group": lambda m: setattr(m, "gid", 1000),
    "user": lambda m: setattr(m, "uname", "root"),
    "time": lambda m: setattr(m, "mtime", 1),
}


@pytest.mark.parametrize("what", sorted(SPOILED))
def test_a_header_that_says_more_than_name_and_size_is_refused(what):
    assert refusal(archive(change=SPOILED[what])).code == "not_canonical"


ADDED = {
    "symlink": member("z", tarfile.SYMTYPE, linkname="/etc/shadow"),
    "hard link": member("z", tarfile.LNKTYPE, linkname="lift/skill.py"),
    "character device": member("z", tarfile.CHRTYPE, devmajor=1, devminor=3),
    "block device": member("z", tarfile.BLKTYPE, devmajor=8),
    "fifo": member("z", tarfile.FIFOTYPE),
    "folder": member("z", tarfile.DIRTYPE),
    "sparse": member("z", tarfile.GNUTYPE_SPARSE),
}


@pytest.mark.parametrize("what", sorted(ADDED))
def test_what_is_no_plain_file_is_refused(what):
    refused = refusal(archive(extra=[(ADDED[what], b"")]))
    assert refused.code == "not_canonical"
    assert "opk build" in str(refused)


@pytest.mark.parametrize("name", ["../a", "/a", "./a", "a\\..\\b", "Lift", "lift/../x", "x y", "~", "con:", "lift/"])
def test_a_name_that_leaves_its_place_is_refused_though_the_archive_is_canonical(name):
    files = FILES | {name: b"x"}
    refused = refusal(archive(files))
    assert refused.code in {"file_refused", "not_canonical"}


def test_a_name_in_another_encoding_is_refused():
    for name in ("中", "a\x7f", "e\u0301"):
        assert refusal(archive(FILES | {name: b"x"})).code in {"not_canonical", "file_refused", "unsorted"}


def test_a_long_name_of_gnu_or_pax_is_refused():
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        assert refusal(archive(FILES | {"x" * 120: b""}, form=form)).code == "not_canonical"


def test_a_name_that_stands_twice_or_behind_a_later_one_is_refused():
    assert refusal(archive(extra=[(member("lift/skill.py", size=1), b"y")])).code == "unsorted"
    assert refusal(archive(extra=[(member("start.py", size=1), b"y")])).code == "unsorted"
    assert refusal(archive(order=sorted(FILES, reverse=True))).code == "unsorted"
    assert refusal(archive(extra=[(member("manifest.json", size=2), b"{}")])).code == "file_refused"


def test_a_file_that_is_a_folder_too_is_refused():
    assert refusal(archive({"a": b"", "a/b": b""})).code == "file_refused"


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 700, -1, -512, -1024, -1025])
def test_a_package_that_ends_early_is_refused_wherever(cut):
    data = package()
    assert refusal(data[:cut] if cut else b"").code == "truncated"


@pytest.mark.parametrize("more", [b"\0", b"x", bytes(512), package(), b"PK\x03\x04"])
def test_what_stands_behind_the_end_is_refused(more):
    assert refusal(package() + more).code == "trailing"


def test_padding_that_is_not_zero_is_refused():
    data = bytearray(package())
    at = data.index(b"pass\n") + len(b"pass\n")
    data[at] = 1
    assert refusal(bytes(data)).code == "not_canonical"


def claimed(size_field, content=b"x"):
    """A second member whose header claims a size that it does not have, its checksum right."""
    block = bytearray(ustar.header("start.py", 1))
    block[124:136] = size_field
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block)
    manifest = encoded(DECLARED | {"files": listed({"start.py": content})})
    head = ustar.header("manifest.json", len(manifest)) + manifest + ustar.padding(len(manifest))
    return head + bytes(block) + content + ustar.padding(len(content)) + ustar.END


@pytest.mark.parametrize(
    "field",
    [b"17777777777\0", b"77777777777\0", struct.pack(">cxxxQ", b"\x80", 2**31), struct.pack(">cxxxQ", b"\xff", 2**63),
     b"-0000000001\0", b"        1 \0\0", b"00000000001 ", b"0x000000001\0", bytes(12)],
    ids=["2 GB", "8 GB", "base 256", "negative base 256", "minus", "spaces", "no zero", "hex", "empty"],
)  # fmt: skip
def test_a_size_that_is_claimed_is_not_believed_nor_read(field):
    class Counted(io.BytesIO):
        asked = 0

        def read(self, n=-1):
            assert 0 <= n <= reading.PIECE_BYTES, "a length that the archive claims is never asked for whole"
            Counted.asked += n
            return super().read(n)

    with pytest.raises(PackageRefused) as raised:
        reading.read(Counted(claimed(field)))
    assert raised.value.code in {"file_refused", "not_canonical"}
    assert Counted.asked < 10_000


def test_the_control_the_same_member_with_its_true_size_is_taken():
    assert packages.reading(claimed(b"00000000001\0")).entries[0].size == 1


def test_a_package_grows_no_further_than_its_bound(monkeypatch):
    monkeypatch.setattr(reading, "PACKAGE_MAX_BYTES", 4096)
    assert refusal(package(FILES | {"big": bytes(100_000)})).code == "too_large"
    monkeypatch.setattr(reading, "FILES_MAX", 2)
    monkeypatch.setattr(reading, "PACKAGE_MAX_BYTES", building.PACKAGE_MAX_BYTES)
    assert refusal(package()).code == "too_many_files"


LIES = {
    "a hash": lambda files: files[1].update(sha256="0" * 64),
    "a size": lambda files: files[1].update(size=3),
    "a file less": lambda files: files.pop(),
    "a file more": lambda files: files.append({"name": "zz", "sha256": "0" * 64, "size": 0}),
    "a field more": lambda files: files[0].update(mode=0o755),
    "twice": lambda files: files.append(files[0]),
    "another order": lambda files: files.reverse(),
}


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_manifest_that_says_other_files_is_refused(lie):
    files = listed(FILES)
    LIES[lie](files)
    assert refusal(archive(manifest=encoded(DECLARED | {"files": files}))).code == "manifest_lies"


@pytest.mark.parametrize("files", [None, 3, {}, [3], [None], "all"])
def test_a_list_of_files_that_is_none_is_refused(files):
    assert refusal(archive(manifest=encoded(DECLARED | {"files": files}))).code == "manifest_lies"


SAID = DECLARED | {"files": listed(FILES)}
SPELLED = {
    "spaces": json.dumps(SAID, sort_keys=True, ensure_ascii=False).encode() + b"\n",
    "unsorted": json.dumps(SAID, separators=(",", ":"), ensure_ascii=False).encode() + b"\n",
    "escapes": json.dumps(SAID, sort_keys=True, separators=(",", ":")).encode() + b"\n",
    "no newline": encoded(SAID)[:-1],
    "a key twice": b'{"format":2,' + encoded(SAID)[1:],
    "a byte order mark": b"\xef\xbb\xbf" + encoded(SAID),
    "UTF-16": encoded(SAID).decode().encode("utf-16"),
    "not UTF-8": encoded(SAID).replace("乘".encode(), b"\xff"),
    "NaN": encoded(SAID).replace(b'"priority":2', b'"priority":NaN'),
    "infinity": encoded(SAID).replace(b'"priority":2', b'"priority":1e999'),
    "a surrogate": encoded(SAID).replace("乘".encode(), b"\\ud800"),
    "a long number": encoded(SAID).replace(b'"priority":2', b'"priority":' + b"9" * 5000),
    "nested": b"[" * 60_000,
    "nested and closed": b"[" * 50_000 + b"]" * 50_000 + b"\n",
    "no table": b"[]\n",
    "nothing": b"",
}


@pytest.mark.parametrize("spelling", sorted(SPELLED))
def test_a_manifest_in_another_spelling_is_refused(spelling):
    assert refusal(archive(manifest=SPELLED[spelling])).code == "manifest_refused"


def test_a_manifest_that_is_too_large_or_not_first_is_refused():
    assert refusal(archive(manifest=bytes(200_000))).code == "no_manifest"
    assert refusal(archive(first="a")).code == "no_manifest"
    assert refusal(ustar.END).code == "not_canonical"


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"format": 3}, "update Fleetward"), ({"format": 1}, "format"), ({"key": "x" * 29}, "key"),
     ({"key": "../x"}, "key"), ({"appid": "fw-" + "0" * 32}, "appid"), ({"version": "1; rm -rf"}, "version"),
     ({"runtime": {"kind": "python", "entry": "lift.skill:Lift", "contract": 2}}, "version 2 of the contract"),
     ({"counter": [{"key": "other.ride", "unit": "count", "en": "x", "zh": "x"}]}, "must begin with"),
     ({"settings": {"type": "object", "$ref": "http://x"}}, "settings"), ({"priority": True}, "priority")],
)  # fmt: skip
def test_a_manifest_that_is_not_right_is_refused_with_the_field(changed, says):
    refused = refusal(package(**changed))
    assert refused.code == "manifest_refused"
    assert says in str(refused)


def test_a_field_of_a_newer_opk_is_ignored_and_named():
    found = packages.reading(package(icon="lift/icon.png", limits={"memory_mb": 48, "gpu": 1}))
    assert found.unknown == ("icon", "limits.gpu")
    assert found.manifest.limits.memory_mb == 48


def test_a_zip_and_a_compressed_tar_are_refused():
    import zipfile  # noqa: PLC0415 - only this test

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(1_000_000))
    assert refusal(out.getvalue()).code in {"truncated", "not_canonical"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.addfile(member("manifest.json", size=2), io.BytesIO(b"{}"))
    assert refusal(out.getvalue()).code in {"truncated", "not_canonical"}


def test_a_file_that_changes_between_reading_and_installing_is_refused():
    found = packages.reading(package())
    entry = next(e for e in found.entries if e.name == "start.py")
    changed = bytearray(package())
    changed[entry.offset] ^= 1
    with pytest.raises(PackageRefused) as raised:
        list(contents(io.BytesIO(bytes(changed)), entry))
    assert raised.value.code == "changed"
    assert b"".join(contents(io.BytesIO(package()), entry)) == FILES["start.py"]


def test_the_record_of_a_tape_is_no_package():
    data = package() + bytes(-len(package()) % 10_240)
    assert refusal(data).code == "trailing"
    assert packages.reading(unpadded(data))

"""`opk key`, `sign`, `verify`: who made a package, for whoever publishes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from opk_skills.commands.making import opened
from opk_skills.commands.speaking import LANGUAGE
from opk_skills.errors import SignatureRefused
from opk_skills.language import gettext
from opk_skills.problems import Problem, deferred

FILE = click.Path(path_type=Path)
PASSPHRASE = "OPK_PASSPHRASE"  # noqa: S105 - the name of a variable


@contextmanager
def _refusals(where: Path) -> Iterator[None]:
    """What is wrong with a key or a signature, as every other refusal of this command."""
    from opk_skills.trust.errors import TrustError  # noqa: PLC0415 - cryptography is loaded where it is needed

    try:
        yield
    except TrustError as error:
        slots = {"reason": error.reason, "remedy": error.remedy}
        raise SignatureRefused(str(where), [Problem("", "{reason}: {remedy}", slots)]) from error
    except OSError as error:
        message = deferred("cannot be read or written ({error}): check the path")
        raise SignatureRefused(str(where), [Problem("", message, {"error": error.strerror})]) from error


@click.command(help=gettext(LANGUAGE, "Make your signing key: NAME.key for you alone, NAME.pub.json for everybody."))
@click.argument("name")
@click.option("--out", type=FILE, default=Path(), show_default=".", help=gettext(LANGUAGE, "The folder to write to."))
@click.password_option("--passphrase", envvar=PASSPHRASE, help=gettext(LANGUAGE, "At least 12 characters."))
def key(name: str, out: Path, passphrase: str) -> None:
    from opk_skills.trust import keys  # noqa: PLC0415 - as above

    with _refusals(out):
        click.echo(keys.write_key(keys.new_key(name), out, passphrase))


@click.command(help=gettext(LANGUAGE, "Sign a package FILE: write FILE.sig, which says that you built these bytes."))
@click.argument("file", type=FILE)
@click.option("--key", "key_file", type=FILE, required=True, help="NAME.key")
@click.option("--passphrase", prompt=True, hide_input=True, envvar=PASSPHRASE,
              help=gettext(LANGUAGE, "Of the key; asked for when it is not given."))  # fmt: skip
def sign(file: Path, key_file: Path, passphrase: str) -> None:
    from opk_skills.trust import keys, makers  # noqa: PLC0415 - as above

    package = opened(file)
    target = file.with_name(f"{file.name}.sig")
    with _refusals(key_file):
        signature = makers.vouch(package, keys.load_key(key_file, passphrase))
        part = target.with_name(f"{target.name}.part")
        part.write_bytes(signature)
        part.replace(target)
    click.echo(target)


@click.command(help=gettext(LANGUAGE, "Read a package FILE as a robot does, and check that its maker signed it."))
@click.argument("file", type=FILE)
@click.option("--maker", type=FILE, required=True, help=gettext(LANGUAGE, "The maker's NAME.pub.json."))
@click.option("--signature", type=FILE, help=gettext(LANGUAGE, "The signature [FILE.sig]."))
def verify(file: Path, maker: Path, signature: Path | None) -> None:
    from opk_skills.trust import keys, makers  # noqa: PLC0415 - as above

    package = opened(file)
    beside = signature or file.with_name(f"{file.name}.sig")
    with _refusals(beside):
        public = keys.load_public(maker)
        with beside.open("rb") as said:
            makers.check_vouched(said.read(makers.SIGNATURE_MAX_BYTES + 1), package, public)
    text = gettext(LANGUAGE, "{key} {version}: signed by {maker}", key=package.manifest.key,
                   version=package.manifest.version, maker=public.holder)  # fmt: skip
    click.echo(f"{text}\nsha256:{package.sha256}")

"""Make a new secret key, encrypt every stored secret under it, and forget the old one."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import cast

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings
from aurelius.ground import database, open_data_dir
from aurelius.settings import Settings
from aurelius.trouble import Trouble


def main(argv: list[str]) -> int:
    parser_of(__name__, __doc__).parse_args(argv)
    settings = read_settings()
    if settings.secret_keys is not None:
        count = asyncio.run(_seal_again(settings, settings.secret_keys.get_secret_value()))
        print(
            f"{count} secrets are now under the first key of AURELIUS_SECRET_KEYS; the others can be removed from it."
        )
        return 0
    with instance.claim(open_data_dir(settings), ""):  # a running process would go on with the old key
        count = asyncio.run(renew(settings))
    print(f"{count} secrets are under a new key. Older backups hold the old key themselves.")
    return 0


async def renew(settings: Settings) -> int:
    """A new key in the data folder, and every secret under it; returns how many. Raises Trouble, nothing changed."""
    from memory.vault import KEY_FILE, keys_in, new_key

    path, old = settings.data_dir / KEY_FILE, keys_in(settings.data_dir)
    both = f"{new_key()},{old}"
    _write(path, both)  # until everything is under the new one, both are kept
    try:
        count = await _seal_again(settings, both)
    except Trouble:
        _write(path, old)
        raise
    _write(path, both.partition(",")[0])
    return count


async def _seal_again(settings: Settings, keys: str) -> int:
    from memory.database import Database
    from memory.installations import InstalledApps
    from memory.keyring import SealedSecrets
    from memory.migrate import migrate
    from memory.vault import BadKeys, Unreadable, Vault

    try:
        vault = Vault(keys)
        async with database(settings) as url:
            await migrate(url)
            memory = Database(url, vault)
            try:
                async with memory.door() as door:
                    kept = cast(SealedSecrets, door.secrets), cast(InstalledApps, door.installations)
                    return sum([await sealed.rotate() for sealed in kept])
            finally:
                await memory.close()
    except (BadKeys, Unreadable) as error:
        raise Trouble(f"Nothing was changed: {error}.") from None


def _write(path: Path, keys: str) -> None:
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # made with mode 0600
    with os.fdopen(handle, "w") as stream:
        stream.write(keys + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    Path(fresh).replace(path)

"""A copy of what a person would build from: the files git knows or would know, with the built front ends."""

import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def copy_to(folder: Path, *, bundle: bool = True) -> Path:
    """Copy the tree and return `folder`; `bundle=False` leaves the built front ends behind."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = [name for name in listed.split("\0") if name and (REPOSITORY / name).is_file()]
    if bundle:
        names += [str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "xaiwidgets/static").iterdir()]
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, target)
    return folder

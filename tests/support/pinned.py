"""What the scripts that install pinned parts of tests have in common."""

import fcntl
import os
import shutil
import subprocess
import sys


class Missing(Exception):
    pass


def call(*command, **options):
    try:
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    except OSError as error:
        raise Missing(error) from error
    if run.returncode:
        raise Missing(f"`{' '.join(map(str, command))}` failed:\n{(run.stdout + run.stderr).strip()[-2000:]}")
    return run.stdout


def python(version):
    """An interpreter of that version with pip: MCPDOC_PYTHON, one on the PATH, or one that pyenv has and does not show.

    A name alone says little: version managers leave programs behind that only complain.
    """
    ask = "import sys, venv, pip; print('%d.%d' % sys.version_info[:2])"
    given = os.environ.get("MCPDOC_PYTHON")
    named = [given] if given else []
    for base in [*named, f"python{version}", sys.executable, f"/usr/bin/python{version}", *hidden(version)]:
        try:
            if call(base, "-c", ask).strip() == version:
                return base
        except Missing:
            pass
    raise Missing(f"no Python {version} with pip; MCPDOC_PYTHON may name one")


def hidden(version):
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return
    for have in call(pyenv, "versions", "--bare").split():
        if have.startswith(version + "."):
            yield call(pyenv, "prefix", have).strip() + "/bin/python"


def made(folder, program, wanted, make):
    """Makes the folder anew, unless it was made of the same pins and its program is still there."""
    done = folder / "complete"
    if program.exists() and done.exists() and done.read_text(encoding="utf-8") == wanted:
        return "up to date"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make()
    done.write_text(wanted, encoding="utf-8")
    return "installed"


def debian(packages):
    """Installs packages of Debian. Whatever they start by themselves stays down: that is for the test to do."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(f"{' and '.join(packages)} missing, and only root could install what is missing")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    call("apt-get", "update", "-qq")
    call("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=quiet)


def locked(folder):
    """Several tests may ask for the same parts at once. Hold what is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock

"""`make conventions` on a dbt project that is no checkout."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from include.paths import PROJECT
from tests.support.dbt import manifest_file


def broken_conventions(project: Path, folder: Path) -> str:
    """What dbt-bouncer says of the models of every source, nothing where all is well."""
    staging = project / "models" / "staging"
    manifest = manifest_file(project, sources=sorted(shop.name for shop in staging.iterdir()))
    rules = (PROJECT / "dbt-bouncer.yml").read_text(encoding="utf-8")
    (folder / "dbt-bouncer.yml").write_text(
        re.sub(r"(?m)^dbt_artifacts_dir: .+$", f"dbt_artifacts_dir: {manifest.parent}", rules),
        encoding="utf-8",
    )
    bouncer = shutil.which("dbt-bouncer", path=str(Path(sys.executable).parent))
    assert bouncer
    checked = subprocess.run(
        [bouncer, "run", "--show-all-failures"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.needs_torch
def test_paper_completion__compares_before_and_after(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    command = [sys.executable, str(ROOT / "examples" / "paper_completion.py"), str(ROOT / "codegym"), "--out", str(out)]
    command += ["--seeds", "2", "--episodes", "64", "--evaluate", "8", "--device", "cpu"]
    command += ["--set", "episodes_per_iteration=32", "--set", "train_encoder=false"]
    done = subprocess.run(command, env=os.environ | {"COLUMNS": "160"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert summary.keys() >= {"compilation_rate", "exact_match", "edit_similarity", "length"}
    for pair in summary.values():
        for when in ("before", "after"):
            assert pair[when]["lowest"] <= pair[when]["mean"] <= pair[when]["highest"]
    assert "held-out functions, 2 seeds" in done.stdout

"""The code on the page about adapters runs as it stands there; only the models are small ones."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adapters.md"

pytestmark = pytest.mark.filterwarnings("ignore")  # of the trainers, about themselves


def blocks(section: str) -> str:
    """Returns the code of a section."""
    text = PAGE.read_text("utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    return "\n".join(found)


def run(code: str) -> None:
    exec(compile(code, str(PAGE), "exec"), {"__name__": "__main__"})  # the page's own code


@pytest.mark.parametrize(
    ("section", "package"), [("The task", "codegym"), ("verl", "datasets"), ("datasets", "datasets")]
)
def test_page__runs(section: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    run(blocks(section))


def test_page__runs_verifiers() -> None:
    pytest.importorskip("verifiers", reason="verifiers is not installed: pip install 'codegym[verifiers]'")
    run(blocks("verifiers"))


@pytest.mark.slow
def test_page__runs_trl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trl", reason="trl is not installed: pip install 'codegym[trl]'")
    from transformers import AutoTokenizer
    from trl import chat_template_utils as templates

    monkeypatch.chdir(tmp_path)
    folder = runpy.run_path(str(ROOT / "examples" / "trl_grpo.py"))["new_model"](tmp_path / "model", 0)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = (Path(templates.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()
    tokenizer.save_pretrained(folder)
    code = re.sub(r'"Qwen/[^"]*"', repr(folder), blocks("TRL"))
    run(code.replace("GRPOConfig(", 'GRPOConfig(bf16=False, report_to="none", num_generations=2, '))

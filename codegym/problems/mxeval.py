"""The format that MBXP and the multilingual HumanEval share (Athiwaratkun et al. 2022, arXiv 2210.14868)."""

from __future__ import annotations

from typing import Final

from codegym.problems.records import BadRecord, Record
from codegym.types import HarnessTest, Problem

COMPARE_NET_OBJECTS: Final = """
namespace KellermanSoftware.CompareNetObjects
{
    public class ComparisonResult { public bool AreEqual; }

    public class CompareLogic
    {
        public ComparisonResult Compare(object one, object other)
        {
            return new ComparisonResult { AreEqual = Same(one, other) };
        }

        static bool Same(object one, object other)
        {
            if (one == null || other == null) return one == other;
            if (one is string || !(one is System.Collections.IEnumerable)) return one.Equals(other);
            var ours = one as System.Collections.IDictionary;
            var theirs = other as System.Collections.IDictionary;
            if (ours != null && theirs != null)
            {
                if (ours.Count != theirs.Count) return false;
                foreach (object key in ours.Keys)
                    if (!theirs.Contains(key) || !Same(ours[key], theirs[key])) return false;
                return true;
            }
            var items = other as System.Collections.IEnumerable;
            if (items == null || other is string) return false;
            var first = ((System.Collections.IEnumerable)one).GetEnumerator();
            var second = items.GetEnumerator();
            while (true)
            {
                bool more = first.MoveNext();
                if (more != second.MoveNext()) return false;
                if (!more) return true;
                if (!Same(first.Current, second.Current)) return false;
            }
        }
    }
}
"""
"""A stand-in for the package that the C# tests compare with, which no package of Debian holds."""

WITHOUT_REFERENCE: Final = "without a reference solution"


def problem_of(record: Record, scheme: str, *, needs_reference: bool = True) -> Problem:
    """Returns the problem of a record.

    Args:
        record: The record.
        scheme: What the problem's id begins with.
        needs_reference: Whether a record without a solution is bad; else its prompt is all there is of the program,
            and `attributes["reference"]` is False.

    Raises:
        BadRecord: A field is missing or of another type.
    """
    prompt, entry_point = record.text("prompt"), record.text("entry_point")
    solved = record.values.get("canonical_solution") is not None
    if needs_reference and not solved:
        raise BadRecord(WITHOUT_REFERENCE)
    return Problem(
        id=f"{scheme}://{record.text('task_id')}",
        language=record.text("language"),
        reference=prompt + (record.text("canonical_solution") if solved else ""),
        tests=(_test(record, entry_point),),
        attributes={"entry_point": entry_point, "reference": solved},
        statement=prompt,
        prefix=prompt,
    )


def _test(record: Record, entry_point: str) -> HarnessTest:
    code = record.text("test")
    match record.text("language"):
        case "python":
            code = f"\n{code}\ncheck({entry_point})\n"
        case "csharp":
            code += COMPARE_NET_OBJECTS
    return HarnessTest(code, entry_point)

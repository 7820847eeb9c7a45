from __future__ import annotations

import gzip
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegym import languages
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.problems import xlcost
from codegym.problems.base import InMemoryProblems
from codegym.problems.detokenise import detokenise

DATA = Path(os.environ.get("CODEGYM_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"), "xlcost-java-cpp")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"needs XLCoST's programs in {DATA} (set CODEGYM_DATA)")
needs_javac = pytest.mark.skipif(shutil.which("javac") is None, reason="needs javac, which is not on the PATH")
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


def java(body: str) -> str:
    """A tokenised program around some statements."""
    return f"class A {{ static void f ( int [ ] a , int n ) {{ {body} }} }}"


def laid_out(body: str) -> str:
    """The lines of the statements, as they are laid out in a method."""
    lines = detokenise(java(body), "java").splitlines()
    assert lines[:2] == ["class A {", "    static void f(int[] a, int n) {"]
    assert lines[-2:] == ["    }", "}"]
    return "\n".join(line.removeprefix("        ") for line in lines[2:-2])


# Detokenising


@pytest.mark.parametrize(
    ("tokenised", "expected"),
    [
        ("int i = 0 ;", "int i = 0;"),
        ("a [ i ++ ] += - 1 ;", "a[i++] += -1;"),
        ("++ i ; -- n ;", "++i;\n--n;"),
        ("x = - - y + ~ z - - 1 ;", "x = - -y + ~z - -1;"),
        ("if ( ! b ) return ;", "if (!b)\n    return;"),
        ("for ( int i = 0 ; i < n ; i ++ ) { g ( i ) ; }", "for (int i = 0; i < n; i++) {\n    g(i);\n}"),
        ("for ( int x : a ) s += x ;", "for (int x : a)\n    s += x;"),
        ("int m = p ? 1 : 2 ;", "int m = p ? 1 : 2;"),
        ("List < Integer > l = new ArrayList < > ( ) ;", "List<Integer> l = new ArrayList<>();"),
        (
            "Map < String , List < Integer >> m = new HashMap < String , List < Integer > > ( ) ;",
            "Map<String, List<Integer>> m = new HashMap<String, List<Integer>>();",
        ),
        ("int m = ( l + r ) > > 1 ;", "int m = (l + r) >> 1;"),
        ("n |= n > > > 2 ; n <<= 1 ;", "n |= n >>> 2;\nn <<= 1;"),
        ("if ( N < M && M > n ) g ( ) ;", "if (N < M && M > n)\n    g();"),
        ("int [ ] [ ] b = { { 1 , 2 } , { 3 } } ;", "int[][] b = {{1, 2}, {3}};"),
        ("g ( new int [ ] { 1 , 2 } , ( int ) x ) ;", "g(new int[] {1, 2}, (int) x);"),
        ('String s = " " ;', 'String s = "";'),
        ('g ( " ▁ a ▁ b : ▁ STRNEWLINE TABSYMBOL " ) ;', 'g(" a b: \\n\\t");'),
        ('g ( "%d NEW_LINE", a(1, n));', 'g("%d \\n", a(1, n));'),
        ('g ( " doesn \' t ▁ \\" x \\" " ) ;', 'g("doesn\'t \\"x\\"");'),
        (
            "char c = ' ▁ ' ; d = ' x ' ; e = ' \\n ' ; f = '0' ;",
            "char c = ' ';\nd = 'x';\ne = '\\n';\nf = '0';",
        ),
        ("Runnable r = ( ) -> g ( ) ;", "Runnable r = () -> g();"),
        ("do { n -- ; } while ( n > 0 ) ;", "do {\n    n--;\n} while (n > 0);"),
        ("while ( g ( ) ) ;", "while (g());"),
        (
            "try { g ( ) ; } catch ( Exception e ) { h ( ) ; } finally { k ( ) ; }",
            "try {\n    g();\n} catch (Exception e) {\n    h();\n} finally {\n    k();\n}",
        ),
        (
            "switch ( n ) { case 1 : g ( ) ; break ; default : h ( ) ; }",
            "switch (n) {\n    case 1:\n        g();\n        break;\n    default:\n        h();\n}",
        ),
        ("outer : for ( ; ; ) break outer ;", "outer:\nfor (;;)\n    break outer;"),
        (
            "g ( new R ( ) { public void run ( ) { h ( ) ; } } , 1 ) ;",
            "g(new R() {\n    public void run() {\n        h();\n    }\n}, 1);",
        ),
        (
            "if ( a ) for ( x : y ) if ( b ) g ( ) ; else h ( ) ; else k ( ) ; m ( ) ;",
            "if (a)\n    for (x : y)\n        if (b)\n            g();\n        else\n            h();\n"
            "else\n    k();\nm();",
        ),
        (
            "if ( a ) { g ( ) ; } else if ( b ) h ( ) ; else { k ( ) ; }",
            "if (a) {\n    g();\n} else if (b)\n    h();\nelse {\n    k();\n}",
        ),
    ],
)
def test_detokenise__lays_java_out_as_people_do(tokenised: str, expected: str) -> None:
    assert laid_out(tokenised) == expected


def test_detokenise__lays_cpp_out_too() -> None:
    line = (
        "#include <map> NEW_LINE #define N 10 NEW_LINE using namespace std ; struct P { public : int x ; } ; "
        "int f ( vector < pair < int , int > > & v , P * p ) { return p -> x + ( * p ) . x ; }"
    )
    assert detokenise(line, "cpp") == (
        "#include <map>\n#define N 10\nusing namespace std;\nstruct P {\n    public:\n    int x;\n};\n"
        "int f(vector<pair<int, int>> &v, P * p) {\n    return p->x + (*p).x;\n}\n"
    )


def test_detokenise__header_names_lose_the_tokeniser_s_spaces() -> None:
    line = '#include " bits / stdc + + . h " NEW_LINE #define SAY " a b " NEW_LINE int x ;'
    assert detokenise(line, "cpp") == '#include "bits/stdc++.h"\n#define SAY " a b "\nint x;\n'


def test_detokenise__lays_csharp_out_too() -> None:
    line = "using System ; class A { static int F ( int [ ] xs ) { foreach ( int x in xs ) n += G ( y => y ?? x ) ; } }"
    assert detokenise(line, "csharp") == (
        "using System;\nclass A {\n    static int F(int[] xs) {\n        foreach (int x in xs)\n"
        "            n += G(y => y ?? x);\n    }\n}\n"
    )


def test_detokenise__lays_php_out_too() -> None:
    line = (
        "< ? php function f ( $ a , & $ b ) { foreach ( $ a as $ k => $ v ) { if ( $ k === 1 . $ v ) "
        '$ b .= " $ k STRNEWLINE " ; elseif ( $ o -> x ) return - $ v ; } } ? >'
    )
    assert detokenise(line, "php") == (
        "<?php\nfunction f($a, &$b) {\n    foreach ($a as $k => $v) {\n        if ($k === 1 . $v)\n"
        '            $b .= "$k\\n";\n        elseif ($o->x)\n            return -$v;\n    }\n}\n'
    )


@pytest.mark.parametrize(
    "line", ["", "}", "} } ) ]", "( ( {", '" never closed', "if ( else { case :", "# x", "é ▁ 😀 \0"]
)
def test_detokenise__survives_broken_lines(line: str) -> None:
    assert detokenise(line, "java").endswith("\n")


@needs_data
@pytest.mark.parametrize("name", ["val-Java-C++-tok.java.txt.gz", "val-Java-C++-tok.cpp.txt.gz"])
def test_detokenise__adds_only_layout_to_real_programs(name: str) -> None:
    def bare(text: str) -> str:
        for mark in ("▁", "STRNEWLINE", "NEW_LINE", "TABSYMBOL", "\\n", "\\t"):
            text = text.replace(mark, "")
        return "".join(text.split())

    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        for line in lines:
            text = detokenise(line, name.split(".")[1])
            assert bare(text) == bare(line)
            assert all(not row.endswith(" ") for row in text.splitlines())


# The data set


def members(problems: InMemoryProblems) -> list[tuple[str, str]]:
    return [(problems[index].id, problems[index].reference) for index in range(problems.size)]


@needs_data
@needs_javac
@pytest.mark.needs_javac
def test_xlcost__takes_the_programs_that_compile() -> None:
    sets = {split: xlcost(DATA, split=split) for split in SPLITS}
    found = [problem for problems in sets.values() for problem in members(problems)]
    print({split: problems.size for split, problems in sets.items()}, sets["train"].card.description)
    assert len(dict(found)) == len({text for _, text in found}) == len(found)
    assert all(identifier.startswith("xlcost://java/") for identifier, _ in found)
    with gzip.open(DATA / "checks.jsonl.gz", "rt") as lines:
        checks = [json.loads(line) for line in lines]
    compiled_elsewhere = {check["line"] + 1 for check in checks if check["java"] != "compile"}
    ours = {sets[split][i].attributes["line"] for split in SPLITS for i in range(sets[split].size)}
    assert compiled_elsewhere <= ours
    assert len(ours) < len(checks)


@needs_data
@needs_javac
@pytest.mark.needs_javac
def test_xlcost__a_cache_hit_equals_a_miss() -> None:
    first = xlcost(DATA, split="test")
    assert first == xlcost(DATA, split="test") == xlcost(DATA, split="test", cache=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set of three programs; the second does not compile, the third is the first under other names."""
    write(
        tmp_path / "val-Java-C++-tok.java.txt.gz",
        [java("n ++ ;"), java("n = ;"), java("n ++ ;").replace(" n ", " m ")],
    )
    write(tmp_path / "val-Java-map.jsonl.gz", ["10", "20", "30"])
    return tmp_path


def write(path: Path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))


def opened(folder: Path) -> InMemoryProblems:
    for split in SPLITS:
        try:
            return xlcost(folder, split=split)
        except DataError as error:
            assert f"the {split} split" in str(error)
    raise AssertionError("every split is empty")


@needs_javac
@pytest.mark.needs_javac
def test_xlcost__counts_what_it_leaves_out(folder: Path) -> None:
    problems = opened(folder)
    assert [identifier for identifier, _ in members(problems)] == ["xlcost://java/10"]
    assert "1 of 3 programs; left out: 1 that do not compile, 1 duplicates" in problems.card.description
    assert problems[0].attributes == {"file": "val-Java-C++-tok.java.txt.gz", "line": 1, "problem": "10"}


def test_xlcost__broken_data_is_named_by_file_and_line(folder: Path) -> None:
    programs, names = folder / "val-Java-C++-tok.java.txt.gz", folder / "val-Java-map.jsonl.gz"
    good = programs.read_bytes()
    for content, message in (
        (b"", "tok.java.txt.gz, line 1: the file is empty"),
        (gzip.compress(b"", mtime=0), "tok.java.txt.gz, line 1: the file is empty"),
        (b"plain text", "tok.java.txt.gz, line 1: the file cannot be read"),
        (good[:-12], "tok.java.txt.gz, line .: the file cannot be read"),
        (gzip.compress(b"class A { }\n\nclass B { }\n", mtime=0), "tok.java.txt.gz, line 2: the line is empty"),
        (gzip.compress(b"class A { }\n\xff\n"), "tok.java.txt.gz, line .: the file cannot be read"),
        (gzip.compress(b"class A { }\n"), "line 2: the file has 1 lines, but val-Java-map.jsonl.gz names 3"),
    ):
        programs.write_bytes(content)
        with pytest.raises(DataError, match=message):
            xlcost(folder)
    programs.write_bytes(good)
    write(names, ["10", "20", "10"])
    with pytest.raises(DataError, match="problem '10' is there more than once"):
        xlcost(folder)
    names.unlink()
    with pytest.raises(DataError, match=r"val-Java-map\.jsonl\.gz, line 1: the file cannot be read"):
        xlcost(folder)


def test_xlcost__missing_data_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"no Java data \(\*-tok\.java\.txt\.gz\)"):
        xlcost(tmp_path)
    with pytest.raises(DataError, match="no folder"):
        xlcost(tmp_path / "nowhere")
    monkeypatch.setenv("CODEGYM_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"no folder '.*xlcost-java-cpp'"):
        xlcost()
    monkeypatch.delenv("CODEGYM_DATA")
    with pytest.raises(DataError, match="CODEGYM_DATA"):
        xlcost()


def test_xlcost__unknown_names_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no language named 'cobol'"):
        xlcost(tmp_path, languages=("java", "cobol"))
    with pytest.raises(UnknownNameError, match="no split named"):
        xlcost(tmp_path, split="all")
    with pytest.raises(ConfigurationError, match="languages is empty"):
        xlcost(tmp_path, languages=())


@needs_data
def test_xlcost__real_programs_parse() -> None:
    """Detokenising loses nothing: about as many parse as compile in the data's own checks."""
    parser, counts = languages.get("java").parser(), Counter[bool]()
    with gzip.open(DATA / "val-Java-C++-tok.java.txt.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            counts[parser.parse(detokenise(line, "java").encode()).root_node.has_error] += 1
    assert counts[True] / counts.total() < 0.10


# Its other layouts


PROGRAMS = {
    "C": '#include <stdio.h> NEW_LINE int main ( void ) { puts ( " a ▁ b " ) ; return 0 ; }',
    "C++": '#include <cstdio> NEW_LINE int main ( ) { puts ( " a ▁ b " ) ; }',
    "Java": java("n ++ ;"),
    "Python": "def f ( n ) : NEW_LINE INDENT return n + 1 NEW_LINE DEDENT print ( f ( 1 ) , ' a ▁ b ' ) NEW_LINE",
    "C#": "using System ; class A { public static void Main ( ) { Console . WriteLine ( 1 ) ; } }",
    "PHP": "< ? php function f ( $ n ) { return $ n + 1 ; } echo f ( 1 ) ; ? >",
}


def opened_in(folder: Path, language: str, sources: tuple[str, ...] = ()) -> InMemoryProblems:
    for split in SPLITS:
        try:
            return xlcost(folder, (language,), split, sources=sources)
        except DataError as error:
            assert f"the {split} split" in str(error)
    raise AssertionError("every split is empty")


@pytest.mark.parametrize(
    ("tokenised", "expected"),
    [
        ("x = [ 1 , - 2 ] ; y = x [ 0 : 1 ]", "x = [1, - 2]; y = x[0: 1]\n"),
        ("if ( not ( a ) and b ) : NEW_LINE INDENT pass NEW_LINE DEDENT", "if (not (a) and b):\n    pass\n"),
        (
            "def f ( a , * b ) : NEW_LINE INDENT for i in range ( 3 ) : NEW_LINE INDENT a . append ( i ) NEW_LINE "
            "DEDENT DEDENT f ( { } )",
            "def f(a, * b):\n    for i in range(3):\n        a.append(i)\nf({})\n",
        ),
        ("print ( \" it ' s \" , end = ' ▁ STRNEWLINE ' )", "print(\"it's\", end = ' \\n')\n"),
        ("return ( x ) ( y ) [ z ]", "return (x)(y)[z]\n"),
        ("", "\n"),
        ("DEDENT DEDENT x NEW_LINE NEW_LINE", "x\n"),
    ],
)
def test_detokenise__lays_python_out_too(tokenised: str, expected: str) -> None:
    assert detokenise(tokenised, "python") == expected


def test_xlcost__reads_all_languages_from_one_file(tmp_path: Path) -> None:
    records = [{"problem_id": "7", **PROGRAMS}, {"problem_id": "8", "Python": PROGRAMS["Python"], "PHP": None}]
    write(tmp_path / "all_languages_aligned.jsonl.gz", [json.dumps(record) for record in records])
    problems = opened_in(tmp_path, "python", ("php",))
    assert members(problems) == [
        ("xlcost://python/7", "def f(n):\n    return n + 1\nprint(f(1), 'a b')\n"),
    ]
    assert problems[0].sources == {"php": "<?php\nfunction f($n) {\n    return $n + 1;\n}\necho f(1);\n"}
    assert "1 of 2 programs" in problems.card.description  # the second is a copy of the first
    write(tmp_path / "all_languages_aligned.jsonl.gz", ['{"problem_id": 7}'])
    with pytest.raises(DataError, match="line 1: 'problem_id' and 'Python' must be texts"):
        xlcost(tmp_path, ("python",))


def original(folder: Path, part: str, split: str, identifiers: list[str], **programs: list[str]) -> None:
    """Writes files as the original has them: `pair_data_tok_full/Python-PHP/train-Python-PHP-tok.py`."""
    pair = folder / part / "Python-PHP"
    pair.mkdir(parents=True, exist_ok=True)
    for title, suffix in (("Python", ".py"), ("PHP", ".php")):
        (pair / f"{split}-Python-PHP-tok{suffix}").write_text("".join(f"{line}\n" for line in programs[title]))
        (pair / f"{split}-{title}-map.jsonl").write_text("".join(f'"{name}"\n' for name in identifiers))


def test_xlcost__reads_the_original_s_layout(tmp_path: Path) -> None:
    original(tmp_path, "pair_data_tok_full", "train", ["7"], Python=[PROGRAMS["Python"]], PHP=[PROGRAMS["PHP"]])
    original(tmp_path, "pair_data_tok_1", "train", ["9"], Python=["x = 1 NEW_LINE"], PHP=["$ x = 1 ;"])
    for path in (tmp_path, tmp_path / "pair_data_tok_full", tmp_path / "pair_data_tok_full" / "Python-PHP"):
        problems = opened_in(path, "python", ("php",))
        assert [identifier for identifier, _ in members(problems)] == ["xlcost://python/7"]
        assert problems[0].attributes["file"] == "train-Python-PHP-tok.py"


def test_xlcost__takes_snippets_as_they_are(tmp_path: Path) -> None:
    names = ["7"] * 12
    python = [f"if ( x > {n} ) : NEW_LINE" for n in range(12)]
    original(tmp_path, "pair_data_tok_1", "val", names, Python=python, PHP=[f"if ( $ x > {n} )" for n in range(12)])
    problems = opened_in(tmp_path / "pair_data_tok_1", "python", ("php",))
    for problem in (problems[index] for index in range(problems.size)):
        number = int(problem.id.rpartition("-")[2]) - 1
        assert problem.reference == f"if (x > {number}):\n"
        assert f"$x > {number}" in problem.sources["php"]
    assert "left out: 0 that do not compile" in problems.card.description
    original(tmp_path, "pair_data_tok_full", "val", ["7", "7"], Python=python[:2], PHP=["$ x ;", "$ y ;"])
    with pytest.raises(DataError, match="problem '7' is there more than once"):
        xlcost(tmp_path, ("python",))


def test_xlcost__other_languages_have_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGYM_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"no folder '.*xlcost-7lang'"):
        xlcost(languages=("php",))
    with pytest.raises(DataError, match=r"no folder '.*xlcost-7lang'"):
        xlcost(languages=("java",), sources=("python",))
    with pytest.raises(DataError, match=r"no folder '.*xlcost-java-cpp'"):
        xlcost(languages=("java",), sources=("cpp",))


ALIGNED = {"c": 46, "cpp": 49, "java": 52, "csharp": 52, "php": 46, "python": 48}
"""How many of the 60 programs at hand that are there in all languages are taken."""


@pytest.mark.slow
@pytest.mark.parametrize(("language", "taken"), ALIGNED.items())
def test_xlcost__aligned_programs_compile(language: str, taken: int, data_folder: Path) -> None:
    folder = data_folder / "xlcost-7lang"
    if not folder.is_dir() or languages.get(language).toolchain.version() is None:
        pytest.skip(f"needs {folder} and a toolchain for {language}")
    assert f"{taken} of 60 programs" in opened_in(folder, language).card.description

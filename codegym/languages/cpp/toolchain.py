"""C++ is compiled by GCC, like C."""

from __future__ import annotations

from codegym.languages.c.toolchain import GccToolchain

TOOLCHAIN = GccToolchain(
    program="g++",
    install="sudo apt-get install --no-install-recommends g++",
    title="C++",
    source="program.cpp",
    standard="-std=gnu++17",
    precompiled=(("bits/stdc++.h",), ("iostream",)),
    servers=4,  # precompiled headers need room
    harness="codegym.languages.cpp.harness:APPEND",
)

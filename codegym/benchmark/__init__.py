"""Comparing agents: who takes part (`agents`), what is asked (`plan`), what came out (`run`), and what it says.

    from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan
    from codegym.benchmark.runner import run, verify
    from codegym.benchmark.report import write_report

`measures` are what is measured of each program; `statistics` are intervals and tests; `analysis` is everything that
the `report` shows; `experiments` are the questions of the PPOCoder paper; `red_team` are programs that try to earn what
they do not deserve.
"""

"""Whether exploiting programs are paid better than honest wrong ones."""

from codegym.benchmark.red_team.exploits import REGISTRY, Exploit, Situation
from codegym.benchmark.red_team.run import Contest, Finding, RedTeam, red_team

__all__ = ["REGISTRY", "Contest", "Exploit", "Finding", "RedTeam", "Situation", "red_team"]

"""`python -m codegym_agents.ppo ENV ...`, also by `accelerate launch -m`: `codegym train ENV --algorithm ppo ...`."""

import sys

from codegym.cli import main

if __name__ == "__main__":
    sys.argv[1:] = ["train", *sys.argv[1:], "--algorithm", "ppo"]
    main()

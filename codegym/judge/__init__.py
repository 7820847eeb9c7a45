"""What happens to programs that nobody has read: warm worker processes compile them, within limits."""

from codegym.judge.judge import Judge, shared_judge

__all__ = ["Judge", "shared_judge"]

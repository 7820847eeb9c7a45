"""What the algorithms share: rollouts, advantages, KL control, evaluation, checkpoints."""

"""What every training run shares: settings files, schedule, checkpoints, log, the loop itself."""

"""What lies around a Dockerfile on this machine: its context, its git history, programs that build."""

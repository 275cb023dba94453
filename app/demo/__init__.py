"""What ``reflux demo`` does: a broker, a worker, a simulated campaign, and what came of it."""

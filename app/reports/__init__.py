"""Case files: what a platform can say about one campaign, and where each figure comes from."""

"""Talking to a cluster beside the data path: client configurations, topics, schemas by id."""

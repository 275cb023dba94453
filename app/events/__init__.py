"""Records as they cross a topic: plain data, validated, with their schemas.

The models in this package are the one source of ``schemas/``; see ``generate_schemas``.
"""

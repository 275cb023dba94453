"""``python -m app``: the command ``reflux``."""

from app.cli import main

if __name__ == "__main__":
    main()

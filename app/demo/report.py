"""What the person at the terminal sees while the demo runs."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from app.commands.times import show_time
from app.demo.outcome import Outcome
from app.events.dead_letters import DeadLetter
from app.events.enforcement import Enforcement

STYLES = {"observe": "cyan", "throttle": "yellow", "suspend": "bold red", "release": "green"}


class Report:
    """Writes lines, and a progress bar below them where there is a terminal.

    A context manager: the bar ends with it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "Report":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """One line about what happens."""
        self._print(Text(f"· {text}", style="dim"))

    def stage(self, text: str, total: float | None = None) -> None:
        """Begin a stage of ``total`` steps, or of unknown length."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(text, total=total, text="")

    def reached(self, completed: float, text: str) -> None:
        """Move the stage's bar."""
        if self._task is not None:
            self._bar.update(self._task, completed=completed, text=text)

    def action(self, action: Enforcement, about: str) -> None:
        """One enforcement action with its strongest reason; ``about`` says whose account it is."""
        line = Text(show_time(action.issued_at), style="dim")
        line.append(f"  {action.action:<8}", style=STYLES[action.action])
        line.append(f"  {action.account_id}  risk {action.risk:.2f}", style="default")
        line.append(f"  {about:<10}", style="magenta")
        if action.reasons:
            line.append(f"  {action.reasons[0].text}", style="not dim")
        self._print(line)

    def letter(self, letter: DeadLetter) -> None:
        """One dead letter."""
        field = f" ({letter.field})" if letter.field else ""
        line = Text("dead letter", style="bold magenta")
        line.append(f"  {letter.reason}{field}  record {letter.source}", style="default")
        self._print(line)

    def outcome(self, outcome: Outcome) -> None:
        """The final table."""
        table = Table(title="what came of it", title_justify="left", show_header=False, box=None)
        table.add_column(style="bold")
        table.add_column(justify="right")
        table.add_column(style="dim")
        for name, value, remark in outcome.lines():
            table.add_row(name, value, remark)
        self._console.print()
        self._console.print(table)

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=not self._console.is_terminal, highlight=False)

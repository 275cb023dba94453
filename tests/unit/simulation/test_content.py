import numpy as np
import pytest

from app.simulation.arrivals import Sessions
from app.simulation.calibration import calibration
from app.simulation.content import MISREAD, Content
from app.simulation.population import START_MS
from app.simulation.rows import MAX_FLIPS, Rows
from app.simulation.world import DAY_MS, LAUNCHED, TASK, World

LAW = calibration()


def ground() -> tuple[World, Rows]:
    world = World(LAW, START_MS, START_MS + DAY_MS, np.inf)
    rng = np.random.default_rng(0)
    habits = world.habits(world.residents(20, rng), rng)
    habits["popular"] = 0.0
    return world, habits


def drawn(world: World, habits: Rows, sessions: int = 4_000, size: int = 1) -> Rows:
    content = Content(world, centre_key=11)
    rng = np.random.default_rng(1)
    opened = Sessions(
        rng.integers(0, len(habits), sessions),
        np.full(sessions, float(START_MS)),
        np.full(sessions, size),
        np.full(sessions, 1_000.0),
        np.full(sessions, 1.0),
    )
    return content.requests(habits, opened, rng)


def distances(prompts: np.ndarray) -> np.ndarray:
    apart = prompts[:, None] ^ prompts[None, :]
    return np.bitwise_count(apart)[np.triu_indices(len(prompts), 1)]


def test_prompts_of_strangers_are_thirty_two_bits_apart() -> None:
    world, habits = ground()
    habits["families"] = 0
    apart = distances(drawn(world, habits, 500)["prompt_simhash"])
    assert apart.mean() == pytest.approx(32.0, abs=0.2)
    assert apart.std() == pytest.approx(4.0, abs=0.2)
    assert apart.min() > 8


@pytest.mark.parametrize("flips", [0, 1, 3, MAX_FLIPS])
def test_prompts_of_a_family_are_within_its_bits_of_the_centre(flips: int) -> None:
    world, habits = ground()
    habits["family"], habits["families"] = world.new("family", 1), 1
    habits["fresh"], habits["exact"], habits["flips"] = 0.0, 0.0, 0
    centre = drawn(world, habits, 1)["prompt_simhash"][0]
    habits["flips"] = flips
    away = np.bitwise_count(drawn(world, habits)["prompt_simhash"] ^ centre)
    assert away.max() <= flips
    # Every number of bits up to the limit is equally likely, but for two that fall together.
    assert away.mean() == pytest.approx(flips / 2, rel=0.12, abs=1e-9)


def test_a_repeated_prompt_is_an_exact_copy() -> None:
    world, habits = ground()
    habits["family"], habits["families"] = world.new("family", 1), 1
    habits["fresh"], habits["exact"], habits["flips"] = 0.0, 0.75, 9
    prompts = drawn(world, habits)["prompt_simhash"]
    _, counts = np.unique(prompts, return_counts=True)
    # A tenth of the rest flips no bit either.
    assert counts.max() / prompts.size == pytest.approx(0.775, abs=0.03)


def test_a_suite_asks_its_questions_again_and_no_others() -> None:
    world, habits = ground()
    habits["family"], habits["families"] = world.new("family", 2), 2
    habits["fresh"], habits["exact"], habits["flips"] = 0.0, 0.0, 8
    habits["questions"] = 40
    prompts = np.unique(drawn(world, habits)["prompt_simhash"])
    assert 60 <= prompts.size <= 80
    apart = distances(prompts)
    assert np.mean(apart <= 16) == pytest.approx(0.5, abs=0.05)
    habits["questions"] = 0
    assert np.unique(drawn(world, habits)["prompt_simhash"]).size > 1_000


@pytest.mark.parametrize(("skew", "first"), [(1.0, 0.1), (3.0, 0.1 ** (1 / 3))])
def test_families_are_used_as_evenly_as_asked(skew: float, first: float) -> None:
    world, habits = ground()
    habits["family"], habits["families"] = world.new("family", 10), 10
    habits["fresh"], habits["flips"], habits["family_skew"] = 0.0, 0, skew
    _, counts = np.unique(drawn(world, habits, 20_000)["prompt_simhash"], return_counts=True)
    assert counts.size == 10
    assert counts.max() / counts.sum() == pytest.approx(first, rel=0.1)


def test_a_conversation_keeps_its_place_and_its_subject() -> None:
    world, habits = ground()
    habits["families"], habits["flips"], habits["multi_turn"] = 0, 8, True
    rows = drawn(world, habits, 200, size=5)
    for talk in rows.reshape(200, 5):
        assert talk["turn"].tolist() == [1, 2, 3, 4, 5]
        for name in ("ip_hash", "net_hash", "client_hash", "template_hash", "language", "model"):
            assert np.unique(talk[name]).size == 1, name
        assert distances(talk["prompt_simhash"]).max() <= 16


def test_single_questions_open_and_close_their_conversation() -> None:
    world, habits = ground()
    habits["multi_turn"] = False
    assert np.all(drawn(world, habits, 200, size=5)["turn"] == 1)


def test_tasks_are_drawn_by_share_and_sometimes_misread() -> None:
    world, habits = ground()
    habits["task"] = [TASK["translation"], TASK["writing"], TASK["chat"]]
    habits["task_share"] = [0.7, 0.9]
    rows = drawn(world, habits, 40_000)
    share = np.bincount(rows["task"], minlength=14) / len(rows)
    keep, noise = 1 - MISREAD, MISREAD / 14
    assert share[TASK["translation"]] == pytest.approx(0.7 * keep + noise, abs=0.01)
    assert share[TASK["chat"]] == pytest.approx(0.1 * keep + noise, abs=0.01)
    assert share[TASK["mathematics"]] == pytest.approx(noise, abs=0.002)
    misread = ~np.isin(rows["task"], habits["task"][0])
    sure = rows["task_confidence"]
    assert sure[misread].mean() < sure[~misread].mean() - 0.1


def test_elicitation_rises_with_the_habit_and_the_task() -> None:
    world, habits = ground()
    habits["task_share"] = 1.0
    means = []
    for task, score in (("translation", -2.0), ("mathematics", -2.0), ("mathematics", 1.5)):
        habits["task"], habits["elicitation"] = TASK[task], score
        means.append(drawn(world, habits)["elicitation"].mean())
    assert 0.0 < means[0] < means[1] < means[2] < 1.0


def test_failures_have_no_answer() -> None:
    world, habits = ground()
    rows = drawn(world, habits, 40_000)
    failed = rows[rows["status"] != 200]
    assert 0.002 < len(failed) / len(rows) < 0.008
    assert set(failed["status"].tolist()) <= {400, 429, 500, 529}
    assert not failed["output_tokens"].any()
    assert not failed["reasoning_tokens"].any()


def test_hash_columns_hold_the_numbers_of_things() -> None:
    world, habits = ground()
    rows = drawn(world, habits)
    assert set(rows["net_hash"].tolist()) <= set(range(len(world.networks())))
    assert np.array_equal(rows["ip_hash"] >> np.uint64(32), rows["net_hash"])
    assert set(rows["template_hash"].tolist()) <= set(range(len(world.programs())))


def test_some_openings_are_what_everybody_knows() -> None:
    world, habits = ground()
    habits["families"], habits["popular"], habits["exact"] = 0, 0.2, 1.0
    rows = drawn(world, habits, 40_000)
    prompts, copies = np.unique(rows["prompt_simhash"], return_counts=True)
    # The others are new, each of them; and of the rare ones of 4,000 some were drawn once.
    assert 0.14 < copies[copies > 1].sum() / len(rows) < 0.21
    assert prompts.size > 0.8 * len(rows)
    most = prompts[copies.argmax()]
    assert np.unique(rows["account"][rows["prompt_simhash"] == most]).size > 10


def test_popular_prompts_recur_as_often_as_prefixes_do_in_the_traces() -> None:
    world, habits = ground()
    habits["families"], habits["popular"], habits["exact"] = 0, 1.0, 1.0
    _, copies = np.unique(drawn(world, habits, 40_000)["prompt_simhash"], return_counts=True)
    ranked = np.sort(copies)[::-1]
    rank = np.arange(10, 1_000)
    slope = np.polyfit(np.log(rank), np.log(ranked[rank]), 1)[0]
    assert slope == pytest.approx(-1.0 / (LAW.prefix_exponent - 1.0), abs=0.08)


def test_a_suite_asks_one_question_after_the_other_and_the_same_of_everybody() -> None:
    world, habits = ground()
    habits["family"], habits["families"], habits["questions"] = world.new("family", 1), 1, 50
    habits["fresh"], habits["flips"] = 0.0, 8
    rows = drawn(world, habits, 300, size=50)
    runs = [frozenset(run["prompt_simhash"].tolist()) for run in rows.reshape(300, 50)]
    assert len(set(runs)) == 1
    assert len(runs[0]) > 40


def test_half_of_everyone_moves_to_a_new_model_within_a_day() -> None:
    world = World(LAW, START_MS, START_MS + 10 * DAY_MS, np.inf)
    rng = np.random.default_rng(0)
    habits = world.habits(world.residents(2_000, rng), rng)
    content = Content(world, centre_key=11)

    def share(at_ms: int) -> float:
        opened = Sessions(
            rng.integers(0, len(habits), 20_000),
            np.full(20_000, float(at_ms)),
            np.full(20_000, 1),
            np.full(20_000, 1_000.0),
            np.full(20_000, 1.0),
        )
        return float(np.mean(content.requests(habits, opened, rng)["model"] == LAUNCHED))

    assert share(world.launch_ms - 60_000) == 0.0
    assert 0.1 < share(world.launch_ms + 6 * 3_600_000) < 0.4
    assert share(world.launch_ms + DAY_MS) == pytest.approx(0.475, abs=0.04)
    assert share(world.launch_ms + 3 * DAY_MS) == pytest.approx(0.475, abs=0.04)

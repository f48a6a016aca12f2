"""Bags and what comes of them, published at their pace, with their time on /clock."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from ros_vision_perception.nodes.playback import Playback
from ros_vision_perception.tools.replay.ahead import ahead
from ros_vision_perception.tools.replay.inputs import open_bag
from ros_vision_perception.tools.replay.outgoing import Outgoing
from ros_vision_perception.tools.replay.pacing import Pace, play
from ros_vision_perception.tools.replay.player import Models, Player, Recipe, load
from ros_vision_perception.tools.replay.progress import Bar

# Messages that are ready before their time: what the models may take longer over now and then.
_AHEAD = 16


def run_all(
    recipes: Sequence[Recipe], rate: float, ros_arguments: list[str], *, loop: bool
) -> dict[str, dict[str, Any]]:
    """Play all bags; return the figures of each, of the last time, by its name.

    Args:
        recipes: one for each bag, with the same parameters.
        rate: seconds of the bag that go by in a second.
        ros_arguments: of the command line: those that ROS takes.
        loop: begin again at the end, until told to end.

    Raises:
        PerceptionError: when one cannot be played.
    """
    figures: dict[str, dict[str, Any]] = {}
    with Bar() as bar, Playback(ros_arguments, bar.say) as playback:
        for recipe in recipes:  # what is wrong with any is said before the models are loaded
            with _opened(recipe) as player:
                playback.offer([(o.topic, o.message_type, o.is_latched) for o in player.offers])
        models = load(recipes[0].parameters, bar.say)
        playback.wait_for_others()
        while True:
            for recipe in recipes:
                figures[recipe.bag.stem] = _play(recipe, models, Pace(rate), playback, bar)
                if playback.is_over:
                    return figures
            if not loop:
                return figures
    return figures


def _play(
    recipe: Recipe, models: Models, pace: Pace, playback: Playback, bar: Bar
) -> dict[str, Any]:
    name = recipe.bag.stem

    def say(line: str) -> None:
        bar.say(f'{name}: {line}')

    with _opened(recipe) as player:
        show = bar.task(name)

        def messages() -> Iterator[Outgoing]:
            for message in player.messages(models, say):
                yield message
                show(player.images, player.count)

        with closing(ahead(messages, _AHEAD)) as made:
            play(made, playback, pace, say)
        return {**player.figures, 'behind_s': pace.behind_s}


@contextmanager
def _opened(recipe: Recipe) -> Iterator[Player]:
    with open_bag(recipe.bag, recipe.selection) as bag:
        yield Player(recipe, bag)

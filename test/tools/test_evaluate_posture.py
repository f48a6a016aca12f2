"""`evaluate posture`: figures from labels, and accuracy on real photographs."""

import json
from pathlib import Path

import pytest

from ros_vision_perception.core.errors import ConfigurationError, PerceptionError
from ros_vision_perception.core.human import Posture
from ros_vision_perception.tools.evaluate.command import main
from ros_vision_perception.tools.evaluate.posture import Judged, figures, read_labels

LABELS = Path(__file__).with_name('postures.yaml')


def test_labels_are_read_and_nonsense_is_refused(tmp_path: Path) -> None:
    labels = read_labels(LABELS)
    assert labels[198196] == Posture.SITTING
    assert len(labels) == 36
    path = tmp_path / 'labels.yaml'
    for text in ('kneeling: [1]', '- 1', 'sitting: [1'):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=r'labels\.yaml'):
            read_labels(path)


def test_figures_count_who_shows_legs_apart_from_who_does_not() -> None:
    standing, sitting, unknown = Posture.STANDING, Posture.SITTING, Posture.UNKNOWN
    result = figures(
        [
            Judged(1, standing, shows_legs=True, said=standing),
            Judged(2, sitting, shows_legs=True, said=standing),
            Judged(3, sitting, shows_legs=True, said=unknown),
            Judged(4, sitting, shows_legs=True, said=sitting),
            Judged(5, sitting, shows_legs=False, said=standing),
            Judged(6, sitting, shows_legs=False, said=unknown),
            Judged(7, sitting, shows_legs=True, said=None),
        ]
    )
    assert (result['people'], result['found'], result['shown'], result['hidden']) == (7, 6, 4, 2)
    assert result['accuracy'] == pytest.approx(2 / 4)
    assert result['accuracy_of_named'] == pytest.approx(2 / 3)
    assert (result['hidden_unknown'], result['hidden_wrong']) == (1, 1)
    assert result['per_posture']['SITTING']['recall'] == pytest.approx(1 / 3)
    assert result['per_posture']['STANDING']['precision'] == pytest.approx(1 / 3)
    assert result['per_posture']['LYING']['recall'] is None


def test_postures_of_real_people(assets: Path, tmp_path: Path) -> None:
    images = assets / 'images'
    try:
        main(
            [
                *('posture', '--labels', str(LABELS), '--json', str(tmp_path / 'figures')),
                '--annotations',
                str(images / 'coco_keypoints_mini/annotations/person_keypoints_val2017.json'),
                str(images / 'mmpose/coco/test_coco.json'),
                '--images',
                str(images / 'coco_keypoints_mini/images/val2017'),
                str(images / 'mmpose/coco'),
            ]
        )
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')
    result = json.loads((tmp_path / 'figures').read_text())
    assert result['found'] >= 8
    # Measured .78; one person more or less is .11.
    assert result['accuracy'] > 0.6
    assert result['hidden_wrong'] == 0

"""The catalogue and its schema."""

import pytest

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.pipeline.families import ALL
from ros_vision_perception.pipeline.load import POSE_PIPELINES
from ros_vision_perception.zoo.catalog import Catalog, default_catalog, parse

HASH = 'ab' * 32
TEXT = f"""
wheels:
  - requirement: networks==1.0
    sha256: {HASH}
    size_bytes: 1000
    python_version: '3.11'
    platform: any
models:
  - name: walker
    summary: finds people
    task: pose
    family: blazepose
    skeleton: coco17
    licence: Apache-2.0
    wheel: networks==1.0
    files:
      - name: network.onnx
        member: networks/network.tflite
        sha256: {HASH}
        size_bytes: 100
        input_shape: [3, 32, 32]
        input_range: [0, 1]
        outputs: {{map: Identity}}
"""


def test_the_catalogue_of_the_package_holds_the_default_models() -> None:
    catalog = default_catalog()
    assert catalog.names[:2] == ('blazepose-full', 'selfie-segmentation')
    pose = catalog.model('blazepose-full')
    assert (pose.task, pose.skeleton) == ('pose', 'blazepose33')
    assert [file.name for file in pose.files] == [
        'detector.onnx',
        'landmark.onnx',
        'landmark_mask.onnx',
    ]
    assert pose.licence == 'Apache-2.0'


def test_every_model_of_the_catalogue_has_a_decoder() -> None:
    known = {name for families in ALL.values() for name in families} | POSE_PIPELINES.keys()
    assert set(default_catalog().families) <= known


def test_what_is_not_permissive_is_only_what_says_so() -> None:
    others = [model for model in default_catalog().models if not model.is_permissive]
    assert {model.licence for model in others} == {'AGPL-3.0'}
    assert all(model.downloads for model in others)


def test_a_catalogue_is_read_into_typed_data() -> None:
    model = parse(TEXT).model('walker')
    (file,) = model.files
    assert file.input_shape == (3, 32, 32)
    assert file.input_range == (0.0, 1.0)
    assert file.outputs == {'map': 'Identity'}
    assert model.accuracy == ()


WEB = f"""
wheels: []
models:
  - name: walker
    summary: finds people
    task: detection
    family: yolox
    licence: MIT
    downloads:
      - name: walker.onnx
        urls: [https://models.example/walker.zip]
        member: end2end.onnx
        sha256: {HASH}
        input_shape: [3, 32, 32]
        input_values: BGR
"""


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('https://', 'ftp://', 'URL with http:// or https://; got .ftp://models'),
        ('[https://models.example/walker.zip]', '[]', 'expected one URL or more'),
        ('licence: MIT', 'licence: MIT\n    wheel: networks==1.0', 'a wheel and files, or down'),
        (f'sha256: {HASH}', 'sha256: abc', 'expected a sha256 of 64'),
        ('member: end2end.onnx', 'member: 1', r'downloads\[0\].member: expected str; got 1'),
        ('    downloads:', '    files:', r'files\[0\]'),
    ],
)
def test_a_fault_in_a_model_from_the_web_is_named(old: str, new: str, message: str) -> None:
    assert parse(WEB).model('walker').downloads[0].member == 'end2end.onnx'
    assert old in WEB
    with pytest.raises(ConfigurationError, match=message):
        parse(WEB.replace(old, new, 1))


def test_all_that_models_take_from_a_wheel_is_known_before_it_is_fetched() -> None:
    catalog: Catalog = default_catalog()
    members = catalog.members(catalog.wheels[0])
    assert sorted(path.rpartition('/')[2] for path in members) == [
        'pose_detection.tflite',
        'pose_landmark_full.tflite',
        'selfie_segmentation.tflite',
    ]


def test_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(ModelError, match="no model 'runner'; available: walker"):
        parse(TEXT).model('runner')


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('task: pose', 'task: flying', "unknown task 'flying'; available: pose, segmentation"),
        ('coco17', 'coco18', "unknown skeleton 'coco18'; available: coco17"),
        ('size_bytes: 100\n', 'size_bytes: many\n', r'files\[0\].size_bytes: expected int'),
        ('size_bytes: 100\n', 'size_bytes: true\n', r'size_bytes: expected int; got True'),
        ('input_range: [0, 1]', 'input_range: [0]', 'input_range: expected 2 values; got 1'),
        ('input_range: [0, 1]', 'input_range: 1', 'input_range: expected list; got 1'),
        ('outputs: {map: Identity}', 'outputs: {map: 1}', 'outputs.map: expected str; got 1'),
        ('family: blazepose', 'familly: blazepose', r'models\[0\]: .*family'),
        (f'sha256: {HASH}\n        size', 'sha256: abc\n        size', "64 hex.*got 'abc'"),
        ('wheel: networks==1.0', 'wheel: networks', "unknown wheel 'networks'; available: netw"),
        ('requirement: networks==1.0', 'requirement: networks', 'package==version'),
        ('name: network.onnx', 'name: ../network.onnx', 'file name like network.onnx'),
        ('name: walker', 'name: Walker', "hyphens; got 'Walker'"),
        ('wheels:', 'wheels: [', 'no YAML'),
        ('models:', 'networks:', 'catalogue: '),
    ],
)
def test_a_fault_in_the_catalogue_is_named_with_its_place(
    old: str, new: str, message: str
) -> None:
    assert old in TEXT
    with pytest.raises(ConfigurationError, match=message) as caught:
        parse(TEXT.replace(old, new, 1))
    assert '\n' not in str(caught.value)


def test_an_empty_catalogue_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='catalogue: expected dict; got None'):
        parse('')


def test_two_models_of_one_name_are_refused() -> None:
    twice = TEXT + TEXT[TEXT.index('  - name: walker') :]
    with pytest.raises(ConfigurationError, match="model 'walker' appears 2 times"):
        parse(twice)

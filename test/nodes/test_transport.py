"""Room for large images, unless the user chose otherwise."""

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from ros_vision_perception.nodes import transport
from ros_vision_perception.nodes.link import LinkWatch

SHORTAGE = transport.shared_memory_shortage


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, 'shared_memory_shortage', lambda: '')


def test_fast_dds_is_given_our_profile(tmp_path: Path) -> None:
    variables = transport.middleware_environment({}, tmp_path)
    assert set(variables.values()) == {str(transport.PROFILES)}
    assert set(variables) <= {'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'}
    assert variables == transport.middleware_environment({'RMW_IMPLEMENTATION': ''}, tmp_path)


@pytest.mark.parametrize(
    ('rclpy_version', 'variable'),
    [
        ('3.3.15', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('7.1.4', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('9.1.2', 'FASTDDS_DEFAULT_PROFILES_FILE'),
        ('10.0.1', 'FASTDDS_DEFAULT_PROFILES_FILE'),
    ],
    ids=['humble', 'jazzy', 'kilted', 'rolling'],
)
def test_the_variable_is_that_of_the_distribution(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rclpy_version: str, variable: str
) -> None:
    monkeypatch.setattr(transport, 'version', lambda _: rclpy_version)
    assert list(transport.middleware_environment({}, tmp_path)) == [variable]


@pytest.mark.parametrize(
    'chosen',
    [
        {'FASTDDS_DEFAULT_PROFILES_FILE': '/own.xml'},
        {'FASTRTPS_DEFAULT_PROFILES_FILE': '/own.xml'},
        {'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA'},
        {'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp'},
        {'RMW_IMPLEMENTATION': 'rmw_zenoh_cpp'},
    ],
    ids=lambda chosen: next(iter(chosen.values())),
)
def test_the_choice_of_the_user_stays(chosen: dict[str, str], tmp_path: Path) -> None:
    assert transport.middleware_environment(chosen, tmp_path) == {}


def test_profiles_in_the_working_directory_are_a_choice(tmp_path: Path) -> None:
    (tmp_path / 'DEFAULT_FASTDDS_PROFILES.xml').touch()
    assert transport.middleware_environment({}, tmp_path) == {}


def test_without_room_for_it_shared_memory_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(transport, 'shared_memory_shortage', lambda: 'too small')
    assert transport.middleware_environment({}, tmp_path) == {}


def test_a_shortage_of_shared_memory_says_the_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage._replace(free=64 << 20))
    assert re.search('64 MiB free, expected 128.*--shm-size', SHORTAGE(tmp_path))
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage._replace(free=1 << 30))
    assert SHORTAGE(tmp_path) == ''


def test_the_allocator_keeps_the_memory_of_frames_unless_the_user_chose() -> None:
    assert transport.allocator_environment({})['MALLOC_MMAP_THRESHOLD_'] == '33554432'
    for name in ('MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_', 'GLIBC_TUNABLES'):
        assert transport.allocator_environment({name: '1'}) == {}


def test_the_profile_has_the_shared_memory_that_is_asked_for() -> None:
    root = ElementTree.parse(transport.PROFILES).getroot()
    sizes = [element.text for element in root.iter() if element.tag.endswith('segment_size')]
    assert sizes == [str(transport.SEGMENT_BYTES)]


def test_a_process_prepares_itself(tmp_path: Path) -> None:
    chosen = ('MALLOC_', 'FASTDDS_', 'FASTRTPS_', 'RMW_', 'GLIBC_')
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(chosen)
    }
    script = (
        'from ros_vision_perception.nodes import transport\n'
        'wanted = transport.environment()\n'
        'transport.prepare()\n'
        'import os\n'
        'print({name: os.environ.get(name) for name in wanted})'
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, '-c', script],
        env=environment | {'PYTHONPATH': root},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(transport.PROFILES) in done.stdout


SMALL, LARGE = 300_000, 900_000


def deliver(link: LinkWatch, count: int, size_bytes: int, delay_ms: float | None) -> list[str]:
    said = [link.note_received(size_bytes, None, delay_ms) for _ in range(count)]
    return [problem for problem in said if problem]


def test_large_images_that_come_late_are_noticed_once() -> None:
    (problem,) = deliver(LinkWatch(), 200, LARGE, 15.0)
    assert problem == 'images of 0.9 MB take 15 ms to arrive'


@pytest.mark.parametrize(
    ('size_bytes', 'delay_ms'),
    [(LARGE, 4.0), (SMALL, 15.0), (6 * 10**6, 20.0), (LARGE, None)],
    ids=['in time', 'small', 'huge, in time', 'not known'],
)
def test_images_that_come_as_they_should_are_not_talked_about(
    size_bytes: int, delay_ms: float | None
) -> None:
    assert deliver(LinkWatch(), 200, size_bytes, delay_ms) == []


def test_a_few_late_images_are_not_talked_about() -> None:
    link = LinkWatch()
    for _ in range(20):
        assert deliver(link, 4, LARGE, 3.0) == []
        assert deliver(link, 2, LARGE, 90.0) == []


def test_many_lost_images_are_noticed_once_even_when_none_arrives() -> None:
    link = LinkWatch()
    said = [link.note_lost(1) for _ in range(30)]
    assert [problem for problem in said if problem] == ['5 of 5 images were lost on the way']
    assert link.lost == 30


def test_a_few_lost_images_are_only_counted() -> None:
    link = LinkWatch()
    deliver(link, 1000, LARGE, 3.0)
    assert [link.note_lost(1) for _ in range(40)] == [''] * 40


def test_images_that_were_replaced_while_they_waited_are_told_from_lost_ones() -> None:
    link = LinkWatch()
    for sequence in (7, 8, 11, 12, 20):
        link.note_received(SMALL, sequence, None)
    link.note_lost(3)
    assert (link.received, link.lost, link.superseded) == (5, 3, 6)
    link.note_received(SMALL, 1, None)  # the publisher was started again
    assert link.superseded == 6

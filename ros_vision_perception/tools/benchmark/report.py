"""The figures of a benchmark, for people's scripts and for people."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # without ROS there are the figures of the fusion
    from ros_vision_perception.tools.benchmark.bare import BareModels
    from ros_vision_perception.tools.benchmark.nodes import RunningNodes

_STAGES = ('receive', 'convert', 'preprocess', 'infer', 'decode', 'fuse', 'publish')
_PERCENTILES = (50, 95, 99)


def figures(bare: 'BareModels', nodes: 'RunningNodes') -> dict[str, Any]:
    """Return the figures of a run; the names of the entries stay as they are.

    'overhead_ratio' is the median whole time of a frame, from handing the image to DDS until its
    result was received, over the median time that the model calls alone took for the same frames.
    """
    whole_ms, bare_ms = np.median(nodes.whole_ms), np.median(bare.calls_ms)
    return {
        'networks': bare.networks.where,
        'frames_in': nodes.sent,
        'frames_out': len(nodes.whole_ms),
        'dropped': nodes.sent - len(nodes.whole_ms),
        'fps': len(nodes.whole_ms) / nodes.running_s,
        'overhead_ratio': float(whole_ms / bare_ms),
        'bare_models_ms': float(bare_ms),
        'whole': percentiles(nodes.whole_ms),
        'stages': {
            stage: percentiles(nodes.stages_ms[stage])
            for stage in _STAGES
            if stage in nodes.stages_ms
        },
        'peak_rss_mb': nodes.peak_mb,
        'rss_growth_mb': nodes.memory_mb[-1] - nodes.memory_mb[0],
    }


def table(result: dict[str, Any]) -> str:
    """Return the figures as lines of text."""
    lines = [f'{name} runs on {where}' for name, where in result['networks'].items()]
    lines += [f'{"ms":12}' + ''.join(f'{f"p{percent}":>9}' for percent in _PERCENTILES)]
    for name, times in {**result['stages'], 'whole': result['whole']}.items():
        lines.append(f'{name:12}' + ''.join(f'{value:9.2f}' for value in times.values()))
    lines.append(f'{"bare models":12}{result["bare_models_ms"]:9.2f}')
    for name in ('overhead_ratio', 'fps', 'peak_rss_mb', 'rss_growth_mb'):
        lines.append(f'{name:16}{result[name]:10.2f}')
    for name in ('frames_in', 'frames_out', 'dropped'):
        lines.append(f'{name:16}{result[name]:10d}')
    return '\n'.join(lines)


def percentiles(times_ms: list[float]) -> dict[str, float]:
    """Return 'p50_ms', 'p95_ms' and 'p99_ms'."""
    values = np.percentile(times_ms, _PERCENTILES)
    return {
        f'p{percent}_ms': float(value) for percent, value in zip(_PERCENTILES, values, strict=True)
    }

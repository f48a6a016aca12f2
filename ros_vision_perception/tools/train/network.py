"""The network that tells activities: learned with torch, written as ONNX."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ros_vision_perception.core.activity import ACTIVITIES, FEATURES, STEPS
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.train.samples import Samples

_CHANNELS, _HIDDEN = 96, 96
# What goes into each convolution, and by how much it thins out the steps.
_INPUTS, _STRIDES = (FEATURES, _CHANNELS, _CHANNELS), (1, 2, 2)
_BATCH, _RATE, _DROPOUT = 256, 3e-3, 0.2
# Windows in which something begins or ends count so much.
_UNCLEAR = 0.15
# The opset and the IR version of it that the oldest runtime reads which we support.
_OPSET, _IR = 17, 8


def learn(samples: Samples, epochs: int, seed: int, report: Any) -> dict[str, np.ndarray]:
    """Return the weights of the network by name.

    Raises:
        ConfigurationError: when torch is not installed.
    """
    torch = require_torch()
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    net = layers(torch)
    inputs = torch.from_numpy(samples.windows.transpose(0, 2, 1).copy())
    labels = torch.from_numpy(samples.labels.astype(np.float32))
    known = torch.from_numpy(samples.known.astype(np.float32))
    counts = np.where(samples.is_clear, 1.0, _UNCLEAR) * samples.weights
    weights = torch.from_numpy(counts.astype(np.float32))
    steps = -(-len(inputs) // _BATCH) * epochs
    optimiser = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, steps)
    loss_of = torch.nn.BCEWithLogitsLoss(reduction='none')
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(inputs)).split(_BATCH):
            optimiser.zero_grad()
            losses = (loss_of(net(inputs[rows]), labels[rows]) * known[rows]).mean(dim=1)
            loss = (losses * weights[rows]).mean()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(rows)
        report(f'epoch {epoch + 1} of {epochs}: loss {total / len(inputs):.4f}')
    return folded(net.eval())


def require_torch() -> Any:
    """Return torch; raises ConfigurationError when it is not installed."""
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            'training needs torch, which is not installed; cure: pip install torch'
        ) from error
    return torch


def layers(torch: Any) -> Any:
    """Return convolutions over time, each but the first halving it, and two dense layers."""
    nn = torch.nn
    parts = []
    for inputs, stride in zip(_INPUTS, _STRIDES, strict=True):
        parts += [nn.Conv1d(inputs, _CHANNELS, 3, stride, 1), nn.BatchNorm1d(_CHANNELS), nn.ReLU()]
    length = STEPS // int(np.prod(_STRIDES))
    return nn.Sequential(
        *parts,
        *(nn.Flatten(), nn.Dropout(_DROPOUT), nn.Linear(_CHANNELS * length, _HIDDEN), nn.ReLU()),
        nn.Linear(_HIDDEN, len(ACTIVITIES)),
    )


def folded(net: Any) -> dict[str, np.ndarray]:
    """Return the weights by name, the normalisation of each convolution a part of it."""
    table: dict[str, np.ndarray] = {}
    convolution = ''
    for name, layer in net.named_children():
        values = {key: value.numpy() for key, value in layer.state_dict().items()}
        if 'running_var' in values:
            gain = values['weight'] / np.sqrt(values['running_var'] + layer.eps)
            weight, bias = f'{convolution}.weight', f'{convolution}.bias'
            table[weight] = table[weight] * gain[:, None, None]
            table[bias] = (table[bias] - values['running_mean']) * gain + values['bias']
        elif values:
            convolution = name
            table |= {f'{name}.{key}': value for key, value in values.items()}
    return table


def write(weights: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Return an ONNX file: `windows` (N, STEPS, FEATURES) -> `probabilities` (N, C)."""
    layers = sorted({int(name.partition('.')[0]) for name in weights})
    nodes = [helper.make_node('Transpose', ['windows'], ['0'], perm=(0, 2, 1))]
    values, last = [], '0'
    for number, layer in enumerate(layers):
        weight, bias = f'{layer}.weight', f'{layer}.bias'
        values += [numpy_helper.from_array(weights[name], name) for name in (weight, bias)]
        is_dense, is_last = weights[weight].ndim == 2, number == len(layers) - 1
        if is_dense and weights[f'{layers[number - 1]}.weight'].ndim == 3:
            nodes.append(helper.make_node('Flatten', [last], ['flat']))
            last = 'flat'
        if is_dense:
            node = helper.make_node('Gemm', [last, weight, bias], [f'{layer}'], transB=1)
        else:
            node = helper.make_node(
                'Conv',
                [last, weight, bias],
                [f'{layer}.out'],
                strides=[_STRIDES[number]],
                pads=[1, 1],
            )
        name = node.output[0]
        last = 'probabilities' if is_last else f'{name}.active'
        nodes += [node, helper.make_node('Sigmoid' if is_last else 'Relu', [name], [last])]
    number = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        'activity',
        [helper.make_tensor_value_info('windows', number, ['N', STEPS, FEATURES])],
        [helper.make_tensor_value_info('probabilities', number, ['N', len(ACTIVITIES)])],
        values,
    )
    opset = helper.make_opsetid('', _OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR)
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    return model.SerializeToString()

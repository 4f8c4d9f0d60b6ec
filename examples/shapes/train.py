"""Trains the network of shapes.cfg on synthetic scenes and writes shapes.weights.

Everything follows from the seed and the number of steps. A checkpoint in the work folder lets a stopped run go on.
"""

import argparse
import math
import pathlib
import time

import numpy as np
import torch

import loss
import network
import samples

HERE = pathlib.Path(__file__).parent
SEED = 5
SCENES = 3500
STEPS = 2400
BATCH = 16
RATE = 2e-3
WARM_UP = 150
KEPT = 0.995  # the share of the averaged weights that a step keeps
CHECKPOINT = 200


def main():
    """Trains for STEPS steps, or goes on where the checkpoint is."""
    arguments = parse()
    torch.manual_seed(SEED)
    net = network.Network((HERE / "shapes.cfg").read_text()).to(memory_format=torch.channels_last)
    prepare(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=5e-4)
    average = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(KEPT), use_buffers=True
    )
    checkpoint = arguments.work / "checkpoint.pt"
    pictures, truths = dataset(arguments.work, net.size)
    parts = {"net": net, "average": average, "optimizer": optimizer}
    first = resume(checkpoint, parts)
    begin = time.monotonic()
    for step in range(first, STEPS):
        value = train_step(net, optimizer, step, *batch(step, pictures, truths))
        average.update_parameters(net)
        if (step + 1) % CHECKPOINT == 0:
            torch.save({"step": step + 1} | {name: part.state_dict() for name, part in parts.items()}, checkpoint)
            network.save_weights(average.module, arguments.weights, (step + 1) * BATCH)
            print(f"step {step + 1}: loss {value:.3f}, {time.monotonic() - begin:.0f} s", flush=True)


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=pathlib.Path, help="folder for samples and checkpoint (1.8 GB)")
    parser.add_argument("--weights", type=pathlib.Path, default=HERE / "shapes.weights")
    return parser.parse_args()


def prepare(net):
    """Starts the heads with the belief that hardly any place holds an object, which is true."""
    for index, (kind, _) in enumerate(net.plan):
        if kind == "yolo":
            bias = net.layers[index - 1][0].bias
            with torch.no_grad():
                bias.view(-1, 5 + net.classes)[:, 4] = -4.5


def dataset(work, size):
    """The samples, drawn once and kept in the work folder."""
    work.mkdir(parents=True, exist_ok=True)
    files = work / "pictures.npy", work / "truths.npy"
    if not files[1].exists():
        for file, values in zip(files, samples.generate(SEED * 1_000_000, SCENES, size)):
            np.save(file, values)
    return np.load(files[0], mmap_mode="r"), np.load(files[1])


def resume(checkpoint, parts):
    """Loads a checkpoint if there is one; the step to begin with."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["step"]


def batch(step, pictures, truths):
    """The samples of a step, about every second step mirrored; every sample comes once in each round."""
    rounds, offset = divmod(step, len(pictures) // BATCH)
    order = np.random.default_rng([SEED, rounds]).permutation(len(pictures))
    chosen = np.sort(order[offset * BATCH : (offset + 1) * BATCH])
    random = np.random.default_rng([SEED, 1, step])
    inputs, boxes = network.as_input(recolour(random, pictures[chosen])), torch.from_numpy(truths[chosen])
    if random.random() < 0.5:
        inputs = inputs.flip(3)
        boxes[..., 1] = inputs.shape[3] - boxes[..., 1] - boxes[..., 3]
    return inputs.contiguous(memory_format=torch.channels_last), boxes


def recolour(random, pictures):
    """The colour channels in another order: a class is a form, not a colour."""
    return pictures[..., random.permutation(3)]


def train_step(net, optimizer, step, inputs, truths):
    """One step; convolutions count in 16 bits, which halves the time."""
    for group in optimizer.param_groups:
        group["lr"] = rate(step)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = net(inputs)
    value = loss.of_batch(net, outputs, truths)
    optimizer.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 10)
    optimizer.step()
    return value.item()


def rate(step):
    """The learning rate: a short rise, then half a cosine down."""
    if step < WARM_UP:
        return RATE * (step + 1) / WARM_UP
    return RATE * (0.01 + 0.99 * (1 + math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP))) / 2)


if __name__ == "__main__":
    main()

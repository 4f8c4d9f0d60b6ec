"""Training samples: pictures of scenes as a decoder would give them, in the network's input size, with their boxes."""

import multiprocessing

import cv2
import numpy as np

import letterbox
import scenes
import things

TRUTHS = 12  # rows of boxes a sample has at most; unused ones have the class -1
HIDDEN = -2  # the class of an object that does not count: a detection of it is neither rewarded nor punished
FRAMES = 2  # samples made from one scene, as its background takes the longest


def generate(first_seed, scene_count, size):
    """Pictures (n, height, width, BGR) and boxes (n, TRUTHS, 5: class, left, top, width, height in input pixels)."""
    jobs = [(seed, size) for seed in range(first_seed, first_seed + scene_count)]
    with multiprocessing.Pool() as pool:
        made = [sample for scene in pool.imap(of_scene, jobs, chunksize=16) for sample in scene]
    return np.stack([picture for picture, _ in made]), np.stack([boxes for _, boxes in made])


def of_scene(job):
    """The samples of one scene, at random times."""
    seed, size = job
    cv2.setNumThreads(1)
    random = np.random.default_rng([seed, 1])
    scene = scenes.make(seed)
    fitted = letterbox.fit(scenes.WIDTH, scenes.HEIGHT, *size)
    return [sample(random, scene, fitted) for _ in range(FRAMES)]


def sample(random, scene, fitted):
    """One picture and its boxes."""
    frame, visible = scene.frame(random.uniform(0, scenes.LAST))
    picture = fitted.picture(degrade(random, frame), smooth=random.random() < 0.5)
    boxes = np.full((TRUTHS, 5), -1, np.float32)
    counted = scenes.counted(visible)
    for row, one in enumerate(visible[:TRUTHS]):
        boxes[row, 0] = things.CLASSES.index(one.name) if one in counted else HIDDEN
        boxes[row, 1:] = fitted.inward(np.array([one.x, one.y, one.width, one.height]))
    return picture, boxes


def degrade(random, frame):
    """What exposure, lens and codec do to a picture. JPEG stands for H.264: blocks, ringing, halved colours."""
    if random.random() < 0.5:
        frame = cv2.convertScaleAbs(frame, alpha=random.uniform(0.6, 1.3), beta=random.uniform(-25, 25))
    if random.random() < 0.3:
        frame = cv2.GaussianBlur(frame, (0, 0), random.uniform(0.4, 1.6))
    if random.random() < 0.7:
        quality = int(random.integers(15, 90))
        frame = cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return frame

"""Prints the anchors for shapes.cfg: six box sizes that suit the scenes' objects, smallest first."""

import numpy as np

import samples

SCENES = 400


def main():
    """Fits anchors to scenes outside the training set."""
    _, boxes = samples.generate(50_000_000, SCENES, (320, 256))
    sizes = boxes[boxes[..., 0] >= 0][:, 3:]
    anchors = cluster(sizes.astype(float), 6)
    print(",".join(f"{side:.0f}" for side in anchors[np.argsort(anchors.prod(1))].ravel()))


def cluster(sizes, count):
    """k-means in which the distance of two sizes is one minus the overlap of boxes with a common middle."""
    centres = sizes[np.argsort(sizes.prod(1))][np.linspace(0, len(sizes) - 1, count + 2).astype(int)[1:-1]]
    for _ in range(100):
        common = np.minimum(sizes[:, None], centres).prod(2)
        overlap = common / (sizes.prod(1)[:, None] + centres.prod(1) - common)
        nearest = overlap.argmax(1)
        centres = np.stack([sizes[nearest == group].mean(0) for group in range(count)])
    return centres


if __name__ == "__main__":
    main()

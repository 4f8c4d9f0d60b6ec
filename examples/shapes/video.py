"""Draws the demo video and its truth: three scenes that the training never saw, as H.264 with B-frames.

The same seeds and the same ffmpeg give the same bytes.
"""

import json
import pathlib
import subprocess

import imageio_ffmpeg

import scenes
import things

HERE = pathlib.Path(__file__).parent
SHOTS = ((910_000_000, "noise"), (920_000_000, "stripes"), (930_000_000, "clutter"))  # first seed, background
OBJECTS = 7  # drawn for a shot; not all of them stay in the frame
CLEAR = 0.45  # the share of an object that is visible, if it is not hidden
LENGTH = 10  # frames a shot
RATE = 15  # frames a second

# One thread, so that the encoder's decisions do not depend on the machine.
ENCODER = (
    "-vf scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p "
    "-c:v libx264 -profile:v high -preset medium -crf 20 -bf 3 -threads 1 "
    "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv -f h264"
).split()


def main():
    """Writes video.h264 and truth.json."""
    shown = [frame for shot in SHOTS for frame in shoot(*shot)]
    encode([picture for picture, _ in shown], HERE / "video.h264")
    frames = [describe(number, visible) for number, (_, visible) in enumerate(shown)]
    lines = ",\n".join(json.dumps(frame) for frame in frames)
    (HERE / "truth.json").write_text('{"frames": [\n' + lines + "\n]}\n")


def shoot(seed, kind):
    """The frames of one shot: of the first scene from a seed on that is suitable."""
    while True:
        scene = scenes.make(seed, kind, OBJECTS)
        frames = [scene.frame(time) for time in range(LENGTH)]
        if all(suitable(visible) for _, visible in frames):
            return frames
        seed += 1


def suitable(visible):
    """Whether a frame shows every class, and nothing of which one could argue whether it counts."""
    return {one.name for one in visible} == set(things.CLASSES) and all(one.share > CLEAR for one in visible)


def encode(pictures, path):
    """Compresses pictures to a raw H.264 stream (Annex B)."""
    source = f"-f rawvideo -pix_fmt bgr24 -s {scenes.WIDTH}x{scenes.HEIGHT} -r {RATE} -i -".split()
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *source, *ENCODER, str(path)]
    subprocess.run(command, input=b"".join(picture.tobytes() for picture in pictures), check=True)


def describe(number, visible):
    """The truth of a frame, in the form of the detector's answers."""
    objects = [
        {"class": one.name, "box": {"x": one.x, "y": one.y, "width": one.width, "height": one.height}}
        for one in scenes.counted(visible)
    ]
    return {"frame": number, "width": scenes.WIDTH, "height": scenes.HEIGHT, "objects": objects}


if __name__ == "__main__":
    main()

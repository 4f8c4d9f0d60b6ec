//! What the video function is measured on: networks with random weights, videos that ffmpeg makes, and the other programs
//! that do the same.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use veracruz_tests::guests::{encrypted_under, guest_sources};

use super::{PASSES, output};
use crate::stage::binary;

/// The project's networks, which come without weights.
pub(crate) const NETWORKS: &[&str] = &["yolov3-tiny", "yolov3"];

/// Width and height of the networks' input.
const SIDE: usize = 416;

/// Frames of a 1080p stream.
const FRAMES: usize = 60;

/// A folder with all of it.
pub(crate) struct Material {
    folder: TempDir,
}

impl Material {
    pub(crate) fn make() -> Self {
        let material = Material { folder: tempfile::tempdir().unwrap() };
        for network in NETWORKS {
            let mut command = Command::new(native("random-weights"));
            output(command.arg(cfg(network)).arg("1").arg(material.weights(network)));
        }
        material.encode("small", &["-frames:v", &PASSES.to_string(), "-s", &format!("{SIDE}x{SIDE}")]);
        let frames = FRAMES.to_string();
        let large = ["-frames:v", frames.as_str(), "-s", "1920x1080", "-profile:v"];
        material.encode("baseline", &[large.as_slice(), &["baseline"]].concat());
        material.encode("high", &[large.as_slice(), &["high", "-bf", "2"]].concat());
        material
    }

    /// The instance's files for the detector.
    pub(crate) fn inputs(&self, network: &str) -> Vec<(&'static str, Vec<u8>)> {
        let read = |path: &Path| std::fs::read(path).unwrap();
        vec![
            ("/s3_app_input/in_enc.h264", encrypted_under(&KEY, &KEY, &read(&self.path("small.h264")))),
            ("/user_input/key", KEY.to_vec()),
            ("/user_input/iv", KEY.to_vec()),
            ("/program_data/coco.names", read(&networks().join("coco.names"))),
            ("/program_data/yolov3.cfg", read(&cfg(network))),
            ("/program_data/yolov3.weights", read(&self.weights(network))),
        ]
    }

    /// A folder with the same files, for the detector's native build.
    pub(crate) fn native_folder(&self, network: &str) -> PathBuf {
        let home = self.path(&format!("{network}-native"));
        for (name, bytes) in self.inputs(network) {
            let path = home.join(&name[1..]);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        home
    }

    /// Forward passes of OpenCV.
    pub(crate) fn opencv(&self, network: &str) -> Vec<Duration> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instance/video/opencv.py");
        let mut command = Command::new(environment().join("bin/python"));
        command.arg(script).arg(cfg(network)).arg(self.weights(network));
        let said = output(command.args([SIDE, SIDE, PASSES].map(|number| number.to_string())));
        said.lines().map(|line| Duration::from_secs_f64(line.parse().unwrap())).collect()
    }

    /// A 1080p stream.
    pub(crate) fn stream(&self, profile: &str) -> Vec<u8> {
        std::fs::read(self.path(&format!("{profile}.h264"))).unwrap()
    }

    pub(crate) fn native_decode(&self, profile: &str) -> String {
        output(Command::new(native("h264-decode")).arg("--time").arg(self.path(&format!("{profile}.h264"))))
    }

    /// A moving fractal with noise on it: detail and motion as in a natural picture.
    fn encode(&self, name: &str, arguments: &[&str]) {
        let mut command = Command::new(ffmpeg());
        command.args(["-loglevel", "error", "-f", "lavfi", "-i", "mandelbrot=rate=25:size=1280x720"]);
        command.args(["-vf", "noise=alls=4:allf=t", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "medium"]);
        output(command.args(arguments).arg(self.path(&format!("{name}.h264"))));
    }

    fn weights(&self, network: &str) -> PathBuf {
        self.path(&format!("{network}.weights"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

const KEY: [u8; 16] = [7; 16];

fn networks() -> PathBuf {
    guest_sources().join("video-object-detection/networks")
}

fn cfg(network: &str) -> PathBuf {
    networks().join(format!("{network}.cfg"))
}

/// A program of the video function's workspace, built for this machine.
pub(crate) fn native(name: &str) -> PathBuf {
    target().join("video-native/release").join(name)
}

/// Where `tests/video/run.sh` keeps OpenCV and ffmpeg.
fn environment() -> PathBuf {
    target().join("video")
}

fn ffmpeg() -> PathBuf {
    let said = output(
        Command::new(environment().join("bin/python"))
            .args(["-c", "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"]),
    );
    PathBuf::from(said.trim_end())
}

/// Cargo's target folder.
fn target() -> PathBuf {
    binary("veracruz-server").ancestors().nth(2).unwrap().to_owned()
}

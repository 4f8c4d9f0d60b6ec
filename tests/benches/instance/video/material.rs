//! What the video function is measured on: networks with random weights, videos that ffmpeg makes, and the other programs
//! that do the same.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use tempfile::TempDir;
use veracruz_tests::guests::guest_sources;

use super::{PASSES, output};
use crate::stage::binary;

/// A network of the project, without its weights.
pub(crate) struct Network {
    pub(crate) name: &'static str,
}

pub(crate) const NETWORKS: &[Network] = &[Network { name: "yolov3-tiny" }, Network { name: "yolov3" }];

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
            let cfg = cfg(network);
            let mut command = Command::new(native("random-weights"));
            output(command.arg(cfg).arg("1").arg(material.path(&format!("{}.weights", network.name))));
        }
        material.encode("small", &["-frames:v", &PASSES.to_string(), "-s", &format!("{SIDE}x{SIDE}")]);
        let frames = FRAMES.to_string();
        let large = ["-frames:v", frames.as_str(), "-s", "1920x1080", "-profile:v"];
        material.encode("baseline", &[large.as_slice(), &["baseline"]].concat());
        material.encode("high", &[large.as_slice(), &["high", "-bf", "2"]].concat());
        material
    }

    /// The instance's files for the detector.
    pub(crate) fn inputs(&self, network: &Network) -> Vec<(&'static str, Vec<u8>)> {
        let read = |path: &Path| std::fs::read(path).unwrap();
        vec![
            ("/s3_app_input/in_enc.h264", encrypted(read(&self.path("small.h264")))),
            ("/user_input/key", KEY.to_vec()),
            ("/user_input/iv", KEY.to_vec()),
            ("/program_data/coco.names", read(&networks().join("coco.names"))),
            ("/program_data/yolov3.cfg", read(&cfg(network))),
            ("/program_data/yolov3.weights", read(&self.weights(network))),
        ]
    }

    /// The detector's native build on the same files.
    pub(crate) fn native(&self, network: &Network) -> String {
        let home = self.path(&format!("{}-native", network.name));
        for (name, bytes) in self.inputs(network) {
            let path = home.join(&name[1..]);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        std::fs::create_dir_all(home.join("output")).unwrap();
        output(Command::new(native("detector")).current_dir(home))
    }

    /// Forward passes of OpenCV.
    pub(crate) fn opencv(&self, network: &Network) -> Vec<Duration> {
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

    fn weights(&self, network: &Network) -> PathBuf {
        self.path(&format!("{}.weights", network.name))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

const KEY: [u8; 16] = [7; 16];

fn encrypted(mut bytes: Vec<u8>) -> Vec<u8> {
    let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, &KEY).unwrap()).unwrap();
    key.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(FixedLength::from(&KEY))).unwrap();
    bytes
}

fn networks() -> PathBuf {
    guest_sources().join("video-object-detection/networks")
}

fn cfg(network: &Network) -> PathBuf {
    networks().join(format!("{}.cfg", network.name))
}

/// A program of the video function's workspace, built for this machine.
fn native(name: &str) -> PathBuf {
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

//! The video function inside an instance: networks beside OpenCV and the native build of the same source, and decoding
//! beside the native decoder.
//!
//! OpenCV and ffmpeg are those of `tests/video`, in an environment that `tests/video/run.sh` makes.

mod material;

use std::process::Command;
use std::time::{Duration, Instant};

use veracruz_client::{Compute, Session, Transfer};

use crate::figures::{median, row, shown};
use crate::stage::{Settings, Stage, built};
use crate::video::material::{Material, native};

/// Frames of the video that a network is measured on, and passes of OpenCV, in each round.
pub(crate) const PASSES: usize = 3;
const ROUNDS: usize = 3;

/// What an instance of YOLOv3 gets: as in the published policies.
const MEMORY_MIB: u32 = 2000;

/// 1080p streams by name of their profile.
const STREAMS: &[&str] = &["baseline", "high"];

pub(crate) async fn measure() {
    let settings =
        Settings { memory_mib: MEMORY_MIB, guests: built(&["detector", "h264-decode"]), ..Settings::default() };
    let material = Material::make();
    for network in material::NETWORKS {
        forward(&material, network, &settings).await;
    }
    let stage = Stage::start(&settings);
    let mut session = stage.session(&settings).await;
    for profile in STREAMS {
        decode(&material, profile, &mut session).await;
    }
}

/// One network: its start, and a forward pass in OpenCV, natively and in the instance, in turns.
async fn forward(material: &Material, network: &str, settings: &Settings) {
    // Before anything is timed: programs are compiled in the background, and a pause would hide what that costs.
    let home = material.native_folder(network);
    let begun = Instant::now();
    let stage = Stage::start(settings);
    let mut session = stage.session(settings).await;
    for (name, bytes) in material.inputs(network) {
        put(&mut session, name, &bytes).await;
    }
    let provisioned = begun.elapsed();
    let (mut opencv, mut natively, mut inside) = (Vec::new(), Vec::new(), Vec::new());
    let first = Instant::now();
    let said = run(&mut session, "detector").await;
    let whole = first.elapsed();
    let loaded = durations(&said, "Arguments loaded and network parsed: ");
    for _ in 0..ROUNDS {
        opencv.extend(material.opencv(network));
        natively
            .extend(durations(&output(Command::new(native("detector")).current_dir(&home)), "Prediction duration: "));
        inside.extend(durations(&run(&mut session, "detector").await, "Prediction duration: "));
    }
    let [opencv, natively, inside] = [opencv, natively, inside].map(median);
    let ratio = |time: Duration| Some(time.as_secs_f64() / opencv.as_secs_f64());
    row(&format!("baseline: {network} 416×416, OpenCV on one thread"), shown(opencv), Some(1.0), "");
    row(&format!("{network}, native build"), shown(natively), ratio(natively), "");
    row(&format!("{network} in an instance"), shown(inside), ratio(inside), "≤ 2.5");
    row(&format!("{network}: server, session, program and network uploaded"), shown(provisioned), None, "");
    let compiled = whole.saturating_sub(loaded[0]).saturating_sub(durations(&said, "Prediction").iter().sum());
    row(&format!("{network}: program compiled, pictures written"), shown(compiled), None, "");
    row(&format!("{network}: weights loaded and packed"), shown(loaded[0]), None, "");
}

async fn decode(material: &Material, profile: &str, session: &mut Session) {
    let stream = material.stream(profile);
    put(session, "stdin", &stream).await;
    let (mut native, mut inside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        native.push(each(&material.native_decode(profile)));
        inside.push(each(&run(session, "h264-decode").await));
    }
    let [native, inside] = [native, inside].map(median);
    let ratio = inside.as_secs_f64() / native.as_secs_f64();
    let size = stream.len() / 1000;
    row(
        &format!("baseline: a 1080p frame, {profile} profile ({size} kB), native decoder"),
        shown(native),
        Some(1.0),
        "",
    );
    row(&format!("a 1080p frame, {profile} profile, in an instance"), shown(inside), Some(ratio), "≤ 30 ms");
}

/// What the program printed.
async fn run(session: &mut Session, program: &str) -> String {
    let code = session.compute(&format!("/program/{program}.wasm"), Compute::new()).await.unwrap();
    // A network of random weights finds a lot.
    let said = session.read("stdout", 64 << 20).await.unwrap();
    assert_eq!(code, 0, "{:?}", session.read("stderr", 1 << 20).await);
    String::from_utf8(said).unwrap()
}

async fn put(session: &mut Session, name: &str, bytes: &[u8]) {
    session.upload(name, bytes, Transfer::new().length(bytes.len() as u64)).await.unwrap();
}

/// The times on lines like `Prediction duration: 0.123456 seconds`.
fn durations(said: &str, prefix: &str) -> Vec<Duration> {
    let lines = said.lines().filter_map(|line| line.strip_prefix(prefix));
    lines.filter_map(|line| line.split(' ').find_map(|word| word.parse().ok())).map(Duration::from_secs_f64).collect()
}

/// The time of a frame, as `h264-decode` prints it: `30 frames of 1920x1080, 12.34 ms each`.
fn each(said: &str) -> Duration {
    let milliseconds = said.trim_end().rsplit(' ').nth(2).unwrap();
    Duration::from_secs_f64(milliseconds.parse::<f64>().unwrap() / 1e3)
}

/// What a command printed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

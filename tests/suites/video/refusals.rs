//! Every bad input: the run ends with exit code 1, and with one line that says which file and why.

use crate::stage::{CFG, DETECTOR, Files, IV, KEY, NAMES, Stage, VIDEO, WEIGHTS, encrypted, good};

/// A good run with one file changed.
pub(crate) struct Case {
    says: &'static str,
    /// The file that is bad.
    file: &'static str,
    change: fn(&mut Vec<u8>),
    /// Words of the reason.
    why: &'static str,
}

pub(crate) const CASES: &[Case] = &[
    Case { says: "short key", file: KEY, change: |key| key.truncate(15), why: "15 bytes" },
    Case { says: "long key", file: KEY, change: |key| key.push(0), why: "16 bytes" },
    Case { says: "empty key", file: KEY, change: Vec::clear, why: "0 bytes" },
    Case { says: "short iv", file: IV, change: |iv| iv.truncate(12), why: "12 bytes" },
    Case { says: "long iv", file: IV, change: |iv| iv.push(0), why: "16 bytes" },
    Case { says: "garbage video", file: VIDEO, change: |video| video.rotate_left(16), why: "H.264" },
    Case { says: "truncated video", file: VIDEO, change: |video| video.truncate(video.len() - 40), why: "trunc" },
    Case { says: "damaged video", file: VIDEO, change: |video| damage(video), why: "damaged" },
    Case { says: "empty video", file: VIDEO, change: Vec::clear, why: "empty" },
    Case { says: "text for a video", file: VIDEO, change: text_for_a_video, why: "H.264" },
    Case { says: "unknown layer", file: CFG, change: |cfg| line(cfg, "[upsample]", "[teleport]"), why: "teleport" },
    Case { says: "ill-sized layer", file: CFG, change: |cfg| line(cfg, "stride=2", "stride=0"), why: "stride" },
    Case {
        says: "unknown activation",
        file: CFG,
        change: |cfg| line(cfg, "activation=leaky", "activation=mush"),
        why: "mush",
    },
    Case { says: "huge layer", file: CFG, change: |cfg| line(cfg, "filters=16", "filters=2000000000"), why: "filters" },
    Case { says: "cfg of no text", file: CFG, change: |cfg| cfg[0] = 0xff, why: "UTF-8" },
    Case { says: "empty cfg", file: CFG, change: Vec::clear, why: "[net]" },
    Case {
        says: "weights too short",
        file: WEIGHTS,
        change: |weights| weights.truncate(weights.len() - 4),
        why: "short",
    },
    Case { says: "weights too long", file: WEIGHTS, change: |weights| weights.extend([0; 4]), why: "long" },
    Case { says: "weights without a header", file: WEIGHTS, change: |weights| weights.truncate(7), why: "short" },
    Case { says: "fewer names than classes", file: NAMES, change: drop_a_name, why: "classes" },
    Case { says: "names of no text", file: NAMES, change: |names| names[0] = 0xff, why: "UTF-8" },
];

impl Case {
    pub(crate) fn name(&self) -> String {
        format!("{}_is_refused", self.says.replace([' ', '-'], "_"))
    }

    pub(crate) fn check(&self, stage: &Stage) {
        let mut files = good();
        let file = files.get_mut(self.file).unwrap();
        let before = file.clone();
        (self.change)(file);
        assert_ne!(*file, before, "the case changes its file");
        refused(stage, &files, self.file, self.why);
    }
}

/// What it decrypts to is no video; that the key is wrong it cannot know, but it can say so.
pub(crate) fn a_wrong_key_blames_the_video(stage: &Stage) {
    let mut files = good();
    files.insert(KEY, vec![7; 16]);
    refused(stage, &files, VIDEO, "key");
}

/// In an instance of its own: none of its files is there yet.
pub(crate) fn missing_files_are_named() {
    let stage = Stage::start();
    let (mut files, all) = (Files::new(), good());
    while files.len() < all.len() {
        let ran = stage.run(DETECTOR, &files);
        let line = ran.stderr.lines().last().unwrap();
        let missing = all.keys().find(|name| line.starts_with(&format!("detector: {}: ", &name[1..])));
        let missing = missing.unwrap_or_else(|| panic!("no file is named: {line}"));
        assert_eq!(ran.exit_code, 1, "{line}");
        assert!(files.insert(missing, all[missing].clone()).is_none(), "{missing} is there: {line}");
    }
    assert_eq!(stage.run(DETECTOR, &files).exit_code, 0, "with all of them it runs");
}

fn refused(stage: &Stage, files: &Files, file: &str, why: &str) {
    let ran = stage.run(DETECTOR, files);
    let complaints: Vec<_> = ran.stderr.lines().filter(|line| line.starts_with("detector: ")).collect();
    assert_eq!((ran.exit_code, complaints.len()), (1, 1), "{}", ran.stderr);
    let complaint = ran.stderr.lines().last().unwrap();
    assert!(complaint.starts_with(&format!("detector: {}: ", &file[1..])), "{complaint}");
    assert!(complaint.contains(why), "{why:?} is not in {complaint:?}");
}

/// In the middle, where pictures are; decryption turns it into the same bits changed.
fn damage(video: &mut [u8]) {
    let middle = video.len() / 2;
    for byte in &mut video[middle..middle + 64] {
        *byte ^= 0x55;
    }
}

fn text_for_a_video(video: &mut Vec<u8>) {
    *video = encrypted(&b"this is no video at all\n".repeat(1000));
}

/// Replaces the first line that reads `old`.
fn line(cfg: &mut Vec<u8>, old: &str, new: &str) {
    let text = String::from_utf8(cfg.clone()).unwrap();
    assert!(text.lines().any(|line| line == old), "the cfg has a line {old:?}");
    *cfg = text.replacen(&format!("\n{old}\n"), &format!("\n{new}\n"), 1).into_bytes();
}

fn drop_a_name(names: &mut Vec<u8>) {
    let text = String::from_utf8(names.clone()).unwrap();
    let last = text.trim_end().rfind('\n').unwrap();
    names.truncate(last + 1);
}

//! Nothing that a cfg or weights say makes the crate panic, or take what the limits do not give.

use darknet::{Config, Network};

/// A cfg with every kind of layer, small enough to run.
const CFG: &str = "[net]\nwidth=8\nheight=6\nchannels=3\n[convolutional]\nbatch_normalize=1\nfilters=18\nsize=3\nstride=1\n\
                   pad=1\nactivation=leaky\n[maxpool]\nsize=2\nstride=2\n[convolutional]\nfilters=18\nsize=3\npad=1\n\
                   activation=linear\n[shortcut]\nfrom=-2\nactivation=linear\n[upsample]\nstride=2\n[route]\nlayers=-1,0\n\
                   [convolutional]\nfilters=14\nsize=1\nstride=1\nactivation=linear\n[yolo]\nmask=0,1\nanchors=1,2,3,4\n\
                   classes=2\nnum=2\n";

/// The middle square of Weyl's sequence: small, seeded, good enough to choose changes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

const VALUES: &[&str] =
    &["0", "1", "2", "3", "5", "7", "31", "32", "64", "-1", "-2", "-9", "99999", "65536", "1,2", "", "x"];

/// Some lines doubled, dropped, swapped or given another value.
fn changed(random: &mut Random) -> String {
    let mut lines: Vec<String> = CFG.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(4) {
        let (at, other) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(6) {
            0 => lines.insert(other, lines[at].clone()),
            1 => drop(lines.remove(at)),
            2 => lines.swap(at, other),
            _ => {
                if let Some((key, _)) = lines[at].split_once('=') {
                    lines[at] = format!("{key}={}", VALUES[random.below(VALUES.len())]);
                }
            }
        }
    }
    lines.join("\n")
}

#[test]
fn changed_cfgs_are_refused_or_computed() {
    let mut random = Random(5);
    let mut computed = 0;
    for _ in 0..1000 {
        let Ok(config) = Config::parse(&changed(&mut random)) else { continue };
        let _ = config.layers().to_string();
        // What takes longer is as good as what does not.
        if config.weights_len() > 1 << 16 || config.input().len() > 1 << 12 {
            continue;
        }
        let mut weights = vec![0; config.weights_len() as usize];
        weights[4] = 2;
        let length = config.input().len();
        if let Ok(mut network) = Network::load(config, &mut &*weights) {
            network.forward(&vec![0.5; length]).unwrap();
            computed += 1;
        }
    }
    assert!(computed > 100, "only {computed} of the changed cfgs said something");
}

#[test]
fn any_bytes_are_no_cfg_or_one() {
    let mut random = Random(6);
    let letters: Vec<char> = "[]=#;,-019 \n\r\t\0convnetrouteyo\u{fffd}é".chars().collect();
    for _ in 0..20_000 {
        let length = random.below(60);
        let text: String = (0..length).map(|_| letters[random.below(letters.len())]).collect();
        let _ = Config::parse(&text);
    }
}

#[test]
fn any_weights_are_refused_or_computed() {
    let mut random = Random(7);
    for _ in 0..100 {
        let config = Config::parse(CFG).unwrap();
        let mut weights: Vec<u8> = (0..config.weights_len()).map(|_| random.below(256) as u8).collect();
        // Half of all random exponents are refused at once; small ones are not.
        weights.as_chunks_mut::<4>().0.iter_mut().for_each(|number| number[3] &= 0x3F);
        weights[..12].copy_from_slice(&[0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        if let Ok(mut network) = Network::load(config, &mut &*weights) {
            network.forward(&[0.5; 8 * 6 * 3]).unwrap();
        }
    }
}

//! Draws what happens next.

use fastrand::Rng;

use crate::hands::PLACES;
use crate::model::{Model, Operation};

/// Few names, so that they meet.
const FUNCTIONS: [&str; 3] = ["detector", "regression", "sum of 100%"];
const INSTANCES: [&str; 4] = ["first", "second", "third", "fourth"];

/// Instances that run at once.
const MOST_RUNNING: usize = 3;

/// What a variant of a function has.
const VARIANTS: usize = 3;
const FILES: usize = 5;
pub(crate) const OBJECTS: usize = 3;

/// The next operation: one that makes sense, or now and then one that must be refused.
pub(crate) fn operation(random: &mut Rng, model: &Model) -> Operation {
    loop {
        if let Some(drawn) = draw(random, model) {
            return drawn;
        }
    }
}

fn draw(random: &mut Rng, model: &Model) -> Option<Operation> {
    let drawn = random.u32(0..100);
    let function = one(random, &FUNCTIONS);
    let instance = one(random, &INSTANCES);
    let file = random.usize(0..FILES);
    let running = model.running();
    let mut runs = || running.get(random.usize(0..running.len().max(1))).map(|name| (*name).clone());
    Some(match drawn {
        0..10 => Operation::Register { function, variant: random.usize(0..VARIANTS) },
        10..14 => Operation::Unregister { function },
        14..42 => Operation::Upload { function, file, right: true },
        42..46 => Operation::Upload { function, file, right: false },
        46..54 => Operation::Unload { function, file },
        54..67 if running.len() < MOST_RUNNING || running.contains(&&instance) => {
            Operation::Create { instance, function }
        }
        67..76 => Operation::Delete { instance },
        76..80 => Operation::Shut { instance: runs()? },
        80..83 => Operation::Strike { instance: runs()? },
        83..88 => Operation::Use { instance: runs()? },
        88..100 => {
            let instance = runs()?;
            let (object, to) = (random.usize(0..OBJECTS), random.usize(0..PLACES));
            Operation::Copy { instance, object, to, as_job: random.bool() }
        }
        _ => return None,
    })
}

fn one(random: &mut Rng, names: &[&str]) -> String {
    names[random.usize(0..names.len())].to_owned()
}

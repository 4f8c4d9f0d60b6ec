//! 200 operations, with a `kill -9` of a service in the middle of many of them.

mod outcome;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::audit::audit;
use crate::choice;
use crate::hands::Hands;
use crate::leaks::nothing_is_left;
use crate::model::{Model, Operation, State};
use crate::world::{PARTS, Part, World, pass};

const OPERATIONS: usize = 200;

/// The share of operations during which a service is killed.
const KILLS: f64 = 0.25;
const KILLS_OF_REFUSED: f64 = 0.05;

/// The share of services that are killed once more while they start.
const KILLS_OF_STARTS: f64 = 0.25;

/// Starts take some hundred milliseconds.
const LONGEST_START: Duration = Duration::from_millis(250);

/// For operations of a kind that was not seen yet.
const USUAL: Duration = Duration::from_millis(100);

/// The seed of every day.
const SEED: u64 = 19;

/// Names others in place of it: `7`, or `1-50`.
const SEEDS_VARIABLE: &str = "VERACRUZ_CRASH_SEEDS";

/// Ports of instances: those that run, and those that a kill left until they are taken back.
const SLOTS: u16 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill_and_nothing_half_done_is_seen() {
    for seed in seeds() {
        Script::new(seed).await.run().await;
    }
}

fn seeds() -> Vec<u64> {
    let Ok(text) = std::env::var(SEEDS_VARIABLE) else {
        return vec![SEED];
    };
    let (first, last) = text.split_once('-').unwrap_or((&text, &text));
    let number = |text: &str| text.parse::<u64>().expect("a seed, or FIRST-LAST");
    (number(first)..=number(last)).collect()
}

struct Script {
    seed: u64,
    number: usize,
    random: Rng,
    world: World,
    hands: Hands,
    model: Model,
    /// How long operations of a kind took, undisturbed.
    usual: BTreeMap<String, Duration>,
    kills: BTreeMap<Part, usize>,
    /// Operations that were not acknowledged, and what came of them.
    cut: BTreeMap<(String, &'static str), usize>,
    past: Vec<String>,
}

impl Script {
    /// Services that were killed in the middle of their very first start, and started again.
    async fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut world = World::prepare(28_000, SLOTS);
        for part in PARTS {
            world.begin_in_vain(part, LONGEST_START.mul_f64(random.f64())).await;
            world.begin(part);
        }
        world.settled().await;
        let hands = Hands::new(&world);
        let (model, usual, kills, cut) = (Model::default(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Script { seed, number: 0, random, world, hands, model, usual, kills, cut, past: Vec::new() }
    }

    async fn run(mut self) {
        while self.number < OPERATIONS {
            self.step().await;
            self.number += 1;
        }
        audit(&self.world, &self.hands, &self.model).await;
        assert_eq!(self.kills.len(), PARTS.len(), "not everybody was killed: {:?}", self.kills);
        assert!(self.cut.len() > 1, "hardly any operation was cut: {:?}", self.cut);
        self.delete_everything().await;
    }

    async fn step(&mut self) {
        let operation = choice::operation(&mut self.random, &self.model);
        let victims = self.victims(&operation);
        self.past.push(format!("{} {operation:?}, kills {victims:?}", self.number));
        if victims.is_empty() {
            let begun = Instant::now();
            let outcome = self.hands.perform(&operation, &self.model, &self.world).await;
            if outcome.is_ok() {
                self.usual.insert(sort(&operation), begun.elapsed());
            }
            self.answered(&operation, outcome, &[]).await;
            return;
        }
        let usual = self.usual.get(&sort(&operation)).copied().unwrap_or(USUAL);
        let moment = usual.mul_f64(1.2 * self.random.f64());
        let running: Vec<_> = victims.iter().map(|victim| self.world.take(*victim)).collect();
        let killed = async {
            pass(moment).await;
            drop(running);
        };
        let performed = self.hands.perform(&operation, &self.model, &self.world);
        let (outcome, ()) = tokio::join!(performed, killed);
        self.restart(&victims).await;
        self.answered(&operation, outcome, &victims).await;
        audit(&self.world, &self.hands, &self.model).await;
        self.examine_one().await;
    }

    /// Whom to kill during the operation, if anybody: mostly one who is involved, now and then all of them.
    fn victims(&mut self, operation: &Operation) -> Vec<Part> {
        // What is refused is over before it could be cut.
        let share = if self.model.refusal(operation).is_none() { KILLS } else { KILLS_OF_REFUSED };
        let (kills, all, anybody) = (self.random.f64() < share, self.random.f64() < 0.1, self.random.f64() < 0.3);
        let (asked, others) = Hands::involved(operation);
        let involved: Vec<_> = asked.into_iter().chain(others.iter().copied()).collect();
        let drawn = self.random.usize(0..involved.len().max(1));
        let spared = PARTS.into_iter().min_by_key(|part| self.kills.get(part));
        let one = if anybody { spared } else { involved.get(drawn).copied().or(spared) };
        match kills {
            true if all => PARTS.to_vec(),
            true => one.into_iter().collect(),
            false => Vec::new(),
        }
    }

    async fn restart(&mut self, victims: &[Part]) {
        for part in victims {
            *self.kills.entry(*part).or_default() += 1;
            if self.random.f64() < KILLS_OF_STARTS {
                self.world.begin_in_vain(*part, LONGEST_START.mul_f64(self.random.f64())).await;
            }
            self.world.begin(*part);
        }
        self.world.settled().await;
        self.hands.wash(&self.world);
    }

    async fn examine_one(&mut self) {
        let running = self.model.running();
        if !running.is_empty() {
            let name = running[self.random.usize(0..running.len())];
            self.hands.examine(&self.model.instances[name]).await;
        }
    }

    async fn delete_everything(&mut self) {
        for (name, instance) in &self.model.instances {
            if instance.state == State::Running {
                self.hands.examine(instance).await;
            }
            self.hands.ccfaas.delete_instance(name).await.unwrap();
        }
        for name in self.model.functions.keys() {
            self.hands.ccfaas.delete_function(name).await.unwrap();
        }
        self.model = Model::default();
        audit(&self.world, &self.hands, &self.model).await;
        nothing_is_left(&self.world, &self.hands).await;
    }

    fn told(&self, what: &str) -> String {
        format!("operation {}: {what}", self.number)
    }
}

/// What happened before a failure: its seed begins the same again.
impl Drop for Script {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let past = self.past[self.past.len().saturating_sub(12)..].join("\n");
            let words = self.world.last_words();
            let cut = &self.cut;
            let note = format!("{words}\n{cut:?}\n{SEEDS_VARIABLE}={} failed at {}:\n{past}\n", self.seed, self.number);
            let _ = std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes());
        }
    }
}

fn kind(operation: &Operation) -> String {
    let text = format!("{operation:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Operations that take about the same time.
fn sort(operation: &Operation) -> String {
    let size = match operation {
        Operation::Upload { file, .. } => *file,
        Operation::Copy { object, .. } => *object,
        _ => 0,
    };
    format!("{} {size}", kind(operation))
}

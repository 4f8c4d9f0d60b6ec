//! A pool of one slot, for which creations and deletions run: it is never lost, and never given twice.

use std::time::{Duration, Instant};

use fastrand::Rng;
use veracruz_client::rest::Error;

use crate::at_once::at_once;
use crate::hands::Hands;
use crate::stage::{FUNCTION, Stage};
use crate::world::{Part, pass, until};

const ROUNDS: usize = 4;
const CALLERS: usize = 6;

/// What a caller may be told who wants the slot or the name while others do.
const REFUSALS: &[&str] = &["no-free-slot", "instance-exists", "instance-not-found"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creations_and_deletions_that_race_for_the_only_slot_never_lose_it() {
    let stage = Stage::new(29_500, 1).await;
    for round in 0..ROUNDS {
        let raced = at_once(CALLERS, |number| {
            let hands = stage.hands.clone();
            let name = format!("round {round} {}", number % 2);
            async move {
                let made = hands.ccfaas.create_instance(hands.people.policy(FUNCTION, &name)).await;
                let deleted = if number % 3 == 0 { hands.ccfaas.delete_instance(&name).await } else { Ok(()) };
                [made.map(drop), deleted]
            }
        })
        .await;
        for outcome in raced.into_iter().flatten() {
            let refusal = outcome.err();
            assert!(refusal.as_ref().is_none_or(|refusal| REFUSALS.contains(&refusal.code())), "{refusal:?}");
        }
        free_all(&stage.hands).await;
        the_slot_is_free(&stage).await;
    }
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creators_who_go_away_at_any_moment_never_take_the_only_slot_with_them() {
    let stage = Stage::new(29_600, 1).await;
    let mut random = Rng::with_seed(1);
    let usual = the_slot_is_free(&stage).await;
    for round in 0..ROUNDS {
        let moment = usual.mul_f64(1.1 * random.f64());
        let name = format!("left {round}");
        let creation = stage.create(&name);
        // The moment of going away, not a wait for anything. What was answered before it is deleted.
        let _left = tokio::time::timeout(moment, creation).await;
        the_slot_becomes_free(&stage).await;
        the_slot_is_free(&stage).await;
    }
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_dies_with_the_only_slot_gives_it_back_after_its_start() {
    let mut stage = Stage::new(29_700, 1).await;
    let mut random = Rng::with_seed(2);
    let usual = the_slot_is_free(&stage).await;
    for round in 0..2 * ROUNDS {
        let part = [Part::Vaas, Part::Ccfaas][round % 2];
        let (moment, running) = (usual.mul_f64(random.f64()), stage.world.take(part));
        let killed = async {
            pass(moment).await;
            drop(running);
        };
        let (made, ()) = tokio::join!(stage.create("cut"), killed);
        stage.begin(part).await;
        let there = stage.hands.ccfaas.instances().await.unwrap().instances;
        assert!(made.is_err() || there == ["cut"], "an instance that was acknowledged is lost");
        the_slot_becomes_free(&stage).await;
        the_slot_is_free(&stage).await;
    }
    stage.ends().await;
}

/// Deletes whatever instance there is.
async fn free_all(hands: &Hands) {
    for name in hands.ccfaas.instances().await.unwrap().instances {
        hands.ccfaas.delete_instance(&name).await.unwrap();
    }
}

/// Nobody has the slot, or will have it.
async fn the_slot_becomes_free(stage: &Stage) {
    until("nobody has the slot", async || {
        free_all(&stage.hands).await;
        stage.world.processes().is_empty()
    })
    .await;
}

/// An instance can be made, used and deleted; tells how long its creation took.
async fn the_slot_is_free(stage: &Stage) -> Duration {
    let begun = Instant::now();
    let mut made = None;
    until("the slot is free", async || {
        made = match stage.create("probe").await {
            Err(error @ Error::Refused(_)) if error.code() == "no-free-slot" => None,
            outcome => Some(outcome.unwrap()),
        };
        made.is_some()
    })
    .await;
    let took = begun.elapsed();
    stage.hands.people.connect(&made.unwrap()).await.close().await.unwrap();
    assert_eq!(stage.world.processes().len(), 1);
    stage.hands.ccfaas.delete_instance("probe").await.unwrap();
    assert!(stage.world.processes().is_empty());
    took
}

//! Instances: deleted, and gone by themselves.

use std::time::Duration;

use ccfaas_core::VaasError;
use futures_util::future::join_all;
use serde_json::json;
use veracruz_rest::{InstanceState, Problem};

use super::fixtures::user;
use super::world::World;

/// The port of the first instance at the stand-in.
const FIRST: u16 = 3014;

async fn with_instance() -> World {
    let world = World::loaded().await;
    world.post_json("/instance", &user("vod", "one")).await.ok();
    world
}

#[tokio::test]
async fn an_instance_is_deleted_here_and_at_vaas() {
    let world = with_instance().await;
    world.delete("/instance/one").await.says("instance one deleted");
    assert_eq!(world.vaas.len(), 0);
    assert_eq!(world.instances().await, json!([]));
    let detail = world.get("/instance/one").await.problem(404, "instance-not-found");
    assert_eq!(detail, "Veracruz instance 'one' does not exist!");
    world.delete("/instance/one").await.problem(404, "instance-not-found");
    world.post_json("/instance", &user("vod", "one")).await.ok();
}

#[tokio::test]
async fn deleting_what_its_user_has_shut_down_is_fine() {
    for known_to_vaas in [true, false] {
        let world = with_instance().await;
        match known_to_vaas {
            true => world.vaas.set_state(FIRST, InstanceState::Finished),
            false => world.vaas.forget(FIRST),
        }
        world.delete("/instance/one").await.says("instance one deleted");
        assert_eq!(world.vaas.len(), 0);
    }
}

#[tokio::test]
async fn concurrent_deletions_never_fail() {
    let world = with_instance().await;
    let answers = join_all((0..16).map(|_| world.delete("/instance/one"))).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(404, "instance-not-found");
    }
    assert_eq!(world.instances().await, json!([]));
}

#[tokio::test]
async fn c19_c20_a_deletion_that_vaas_did_not_hear_of_can_be_repeated() {
    let world = with_instance().await;
    for (fails, status, code) in [
        (VaasError::Unreachable as fn(String) -> VaasError, 502, "vaas-unreachable"),
        (|_| VaasError::Late(60), 504, "vaas-unreachable"),
        (|text| VaasError::Refused(Problem::new(503, "draining", text).into()), 503, "vaas-unreachable"),
        (|text| VaasError::Refused(Problem::new(500, "internal", text).into()), 502, "vaas-refused"),
        (VaasError::Unintelligible, 502, "vaas-answer"),
    ] {
        world.vaas.fails(move || fails("10.0.0.1: no route to host".to_owned()));
        let answer = world.delete("/instance/one").await;
        answer.problem(status, code);
        assert_eq!(answer.headers.contains_key("retry-after"), code == "vaas-unreachable", "{code}");
        assert_eq!(world.get("/instance/one").await.ok().json()["status"], "deleting");
    }
    world.vaas.works();
    world.delete("/instance/one").await.says("instance one deleted");
    assert_eq!(world.vaas.len(), 0);
}

#[tokio::test]
async fn a_deletion_that_nobody_repeats_is_finished_all_the_same() {
    let world = with_instance().await;
    world.service.look_after().await.unwrap();
    world.vaas.fails(|| VaasError::Unreachable(String::new()));
    world.delete("/instance/one").await.problem(502, "vaas-unreachable");
    world.vaas.works();
    world.service.look_after().await.unwrap();
    // Who repeats the call learns that it is done.
    assert_eq!((world.vaas.len(), world.instances().await), (0, json!(["one"])));
    world.clock.forward(599);
    world.service.look_after().await.unwrap();
    assert_eq!(world.instances().await, json!(["one"]));
    world.clock.forward(1);
    world.service.look_after().await.unwrap();
    assert_eq!(world.instances().await, json!([]));
}

#[tokio::test]
async fn a_name_that_is_being_deleted_can_be_used_again() {
    let world = with_instance().await;
    world.vaas.fails(|| VaasError::Unreachable(String::new()));
    world.delete("/instance/one").await.problem(502, "vaas-unreachable");
    world.vaas.works();
    let again = world.post_json("/instance", &user("vod", "one")).await.ok().json();
    assert_eq!(world.get("/instance/one").await.ok().json(), again);
    assert_eq!(world.vaas.len(), 1, "the earlier one was ended");
}

#[tokio::test]
async fn an_instance_that_has_gone_is_shown_as_such_and_forgotten_in_time() {
    for (state, shown) in
        [(Some(InstanceState::Finished), "finished"), (Some(InstanceState::Failed), "failed"), (None, "finished")]
    {
        let world = with_instance().await;
        match state {
            Some(state) => world.vaas.set_state(FIRST, state),
            None => world.vaas.forget(FIRST),
        }
        world.service.look_after().await.unwrap();
        let gone = world.get("/instance/one").await.ok().json();
        assert_eq!((&gone["status"], &gone["instance"]), (&json!(shown), &json!("one")));
        assert_eq!((world.service.counts().rows.ready, world.service.counts().rows.ended), (0, 1));
        world.clock.forward(599);
        world.service.look_after().await.unwrap();
        assert_eq!(world.instances().await, json!(["one"]));
        world.clock.forward(1);
        world.service.look_after().await.unwrap();
        world.get("/instance/one").await.problem(404, "instance-not-found");
        // What VaaS still has of it is of no use to anybody.
        world.service.look_after().await.unwrap();
        assert_eq!(world.vaas.len(), 0);
    }
}

#[tokio::test]
async fn who_asks_for_an_instance_learns_at_once_that_it_has_gone() {
    let world = with_instance().await;
    world.vaas.set_state(FIRST, InstanceState::Failed);
    // News of less than a second are fresh enough.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(world.get("/instance/one").await.ok().json()["status"], "failed");
}

#[tokio::test]
async fn c18_without_news_an_instance_is_shown_as_it_was() {
    let world = with_instance().await;
    world.vaas.fails(|| VaasError::Unreachable(String::new()));
    assert!(world.get("/instance/one").await.ok().json().get("status").is_none());
    assert!(world.service.look_after().await.is_err());
    assert_eq!(world.instances().await, json!(["one"]));
}

#[tokio::test]
async fn the_name_of_an_instance_that_has_gone_can_be_used_again() {
    for noticed in [true, false] {
        let world = with_instance().await;
        world.vaas.set_state(FIRST, InstanceState::Finished);
        if noticed {
            world.service.look_after().await.unwrap();
        }
        let again = world.post_json("/instance", &user("vod", "one")).await.ok().json();
        assert_eq!(world.get("/instance/one").await.ok().json(), again);
        assert_eq!(world.vaas.len(), 1, "what was left of the earlier one was ended");
    }
}

#[tokio::test]
async fn an_instance_that_was_missed_comes_back_and_is_not_ended() {
    let world = with_instance().await;
    let made = world.get("/instance/one").await.ok().json();
    for asked in [false, true] {
        world.vaas.lists_nothing(true);
        world.service.look_after().await.unwrap();
        assert_eq!(world.get("/instance/one").await.ok().json()["status"], "finished");
        world.clock.forward(599);
        world.service.look_after().await.unwrap();
        assert_eq!(world.vaas.len(), 1);
        world.vaas.lists_nothing(false);
        if !asked {
            world.service.look_after().await.unwrap();
        } else {
            // Its name is taken again as soon as somebody wants it.
            world.post_json("/instance", &user("vod", "one")).await.problem(400, "instance-exists");
        }
        assert_eq!(world.get("/instance/one").await.ok().json(), made);
        world.clock.forward(600);
        world.service.look_after().await.unwrap();
        assert_eq!((world.vaas.len(), world.service.counts().rows.ready), (1, 1));
    }
}

#[tokio::test]
async fn vaas_s_own_word_for_an_end_is_final() {
    for (state, shown) in [(InstanceState::Finished, "finished"), (InstanceState::Failed, "failed")] {
        let world = with_instance().await;
        world.vaas.lists_nothing(true);
        world.service.look_after().await.unwrap();
        world.vaas.lists_nothing(false);
        world.vaas.set_state(FIRST, state);
        world.service.look_after().await.unwrap();
        world.vaas.set_state(FIRST, InstanceState::Ready);
        world.service.look_after().await.unwrap();
        assert_eq!(world.get("/instance/one").await.ok().json()["status"], shown);
    }
}

#[tokio::test]
async fn other_instances_at_vaas_are_left_alone() {
    let world = with_instance().await;
    world.vaas.add("somebody", &"a".repeat(59));
    world.service.look_after().await.unwrap();
    world.delete("/instance/one").await.ok();
    assert_eq!(world.vaas.len(), 1);
}

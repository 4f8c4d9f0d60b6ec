//! Creations that fail, at each step: everything is taken back, and the answer says which step it was.

use std::time::Duration;

use ccfaas_core::{ProvisionError, Step, VaasError};
use serde_json::json;
use veracruz_policy::{Endpoint, FullDocument, Sha256Digest};
use veracruz_rest::Problem;

use super::fixtures::user;
use super::world::World;

/// What VaaS does to a policy.
type Change = fn(&mut FullDocument);

/// A failure with a code, a reason, and at this file.
type Fails = fn(String, String, String) -> ProvisionError;

/// Nothing of the instance is there, and it is made when the failure is gone.
async fn is_taken_back(world: &World, step: Step) {
    assert_eq!((world.vaas.len(), world.instances().await), (0, json!([])));
    world.get("/instance/one").await.problem(404, "instance-not-found");
    let failed: Vec<_> = world.service.counts().failed.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(failed, [(step, 1)]);
    assert_eq!(world.service.counts().rows.reserved, 0);
}

#[tokio::test]
async fn c2_c20_when_vaas_fails_the_answer_says_how() {
    for (fails, status, code, said) in [
        (VaasError::Unreachable as fn(String) -> VaasError, 502, "vaas-unreachable", "VaaS cannot be reached"),
        (|_| VaasError::Late(120), 504, "vaas-unreachable", "within 120 s"),
        (
            |text| VaasError::Refused(Problem::new(503, "draining", text).into()),
            503,
            "vaas-unreachable",
            "no requests now",
        ),
        (
            |text| VaasError::Refused(Problem::new(507, "no-free-slot", text).into()),
            507,
            "no-free-slot",
            "secret place",
        ),
        (
            |text| VaasError::Refused(Problem::new(400, "policy-invalid", text).into()),
            502,
            "vaas-refused",
            "policy-invalid",
        ),
        (VaasError::Unintelligible, 502, "vaas-answer", "cannot be understood"),
    ] {
        let world = World::loaded().await;
        world.vaas.fails_to_create(move || fails("at a secret place".to_owned()));
        let detail = world.post_json("/instance", &user("vod", "one")).await.problem(status, code);
        assert!(detail.starts_with("step vaas: ") && detail.contains(said), "{detail}");
        let passed_on = matches!(code, "no-free-slot" | "vaas-refused");
        assert_eq!(detail.contains("secret place"), passed_on, "{detail}");
        is_taken_back(&world, Step::Vaas).await;
        world.vaas.works();
        world.post_json("/instance", &user("vod", "one")).await.ok();
    }
}

#[tokio::test]
async fn a_vaas_that_does_not_answer_is_not_waited_for() {
    tokio::time::pause();
    let world = World::with(|settings| settings.times.create = Duration::from_secs(7)).await;
    world.load("vod").await;
    world.vaas.waits();
    let detail = world.post_json("/instance", &user("vod", "one")).await.problem(504, "vaas-unreachable");
    assert!(detail.contains("within 7 s"), "{detail}");
    is_taken_back(&world, Step::Vaas).await;
}

#[tokio::test]
async fn another_instance_than_was_asked_for_is_ended() {
    let changes: [(Change, &str); 7] = [
        (|policy| policy.debug = true, "debug"),
        (|policy| policy.max_memory_mib += 1, "max_memory_mib"),
        (|policy| policy.identities.truncate(1), "identities"),
        (|policy| policy.identities.swap(0, 1), "identities"),
        (|policy| policy.programs.clear(), "programs"),
        (|policy| policy.file_hashes[0].hash = Sha256Digest::of(b"another"), "file_hashes"),
        (|policy| policy.veracruz_server_url = Endpoint::parse("<host>:<port>").unwrap(), "where the instance listens"),
    ];
    for (change, said) in changes {
        let world = World::loaded().await;
        world.vaas.changes(change);
        let detail = world.post_json("/instance", &user("vod", "one")).await.problem(502, "instance-not-verified");
        assert!(detail.starts_with("step check: ") && detail.contains(said), "{detail}");
        assert_eq!(world.provisioner.done(), [], "not a byte of the function went out");
        // Where the instance is nobody knows in the last case: the next look finds it.
        world.service.look_after().await.unwrap();
        is_taken_back(&world, Step::Check).await;
    }
}

#[tokio::test]
async fn c2_when_the_instance_cannot_be_loaded_the_answer_says_which_file() {
    let (code, detail, path) = ("a-code".to_owned(), "a reason".to_owned(), "/program/detector.wasm".to_owned());
    let cases: [(Fails, &str, &str, Step); 3] = [
        (
            |code, detail, _| ProvisionError::NotVerified { code, detail },
            "instance-not-verified",
            "step verify: the instance is not verified: a reason (a-code)",
            Step::Verify,
        ),
        (
            |code, detail, _| ProvisionError::Connect { code, detail },
            "provisioning-failed",
            "step connect: the instance cannot be connected to: a reason (a-code)",
            Step::Connect,
        ),
        (
            |code, detail, path| ProvisionError::File { path, code, detail },
            "provisioning-failed",
            "step load: the file /program/detector.wasm could not be loaded: a reason (a-code)",
            Step::Load,
        ),
    ];
    for (fails, problem, said, step) in cases {
        let world = World::loaded().await;
        let (code, detail, path) = (code.clone(), detail.clone(), path.clone());
        world.provisioner.fails(move || fails(code.clone(), detail.clone(), path.clone()));
        assert_eq!(world.post_json("/instance", &user("vod", "one")).await.problem(502, problem), said);
        is_taken_back(&world, step).await;
    }
}

#[tokio::test]
async fn an_instance_that_takes_no_files_is_not_waited_for() {
    tokio::time::pause();
    let world = World::with(|settings| settings.times.provision = Duration::from_secs(9)).await;
    world.load("vod").await;
    world.provisioner.stalls();
    let detail = world.post_json("/instance", &user("vod", "one")).await.problem(504, "provisioning-failed");
    assert!(detail.contains("within 9 s"), "{detail}");
    is_taken_back(&world, Step::Load).await;
}

#[tokio::test]
async fn who_goes_away_leaves_no_instance() {
    for at_vaas in [true, false] {
        let world = World::loaded().await;
        let policy = user("vod", "one");
        if at_vaas {
            world.vaas.waits();
        } else {
            world.provisioner.stalls();
        }
        tokio::select! {
            answer = world.post_json("/instance", &policy) => panic!("{answer:?} came from an instance that stalls"),
            () = world.vaas.waiting.notified() => {}
            () = world.provisioner.entered.notified() => {}
        }
        world.vaas.go_on.notify_one();
        // Returns when all is taken back.
        world.service.close().await;
        is_taken_back(&world, Step::Wait).await;
        world.post_json("/instance", &user("vod", "two")).await.problem(503, "closing");
    }
}

#[tokio::test]
async fn a_service_that_ends_takes_back_what_is_not_finished() {
    let world = World::loaded().await;
    world.provisioner.stalls();
    let policy = user("vod", "one");
    let making = world.post_json("/instance", &policy);
    let ending = async {
        world.provisioner.entered.notified().await;
        world.service.close().await;
    };
    let (answer, ()) = tokio::join!(making, ending);
    answer.problem(503, "closing");
    is_taken_back(&world, Step::Wait).await;
}

#[tokio::test]
async fn an_instance_of_which_the_answer_was_lost_is_ended_by_the_next_look() {
    let world = World::loaded().await;
    world.vaas.loses_answer();
    world.post_json("/instance", &user("vod", "one")).await.problem(502, "vaas-unreachable");
    assert_eq!(world.vaas.len(), 1);
    world.service.look_after().await.unwrap();
    is_taken_back(&world, Step::Vaas).await;
}

#[tokio::test]
async fn what_cannot_be_ended_at_once_is_ended_later() {
    let world = World::loaded().await;
    let vaas = world.vaas.clone();
    world.provisioner.fails(move || {
        vaas.fails(|| VaasError::Unreachable(String::new()));
        ProvisionError::Connect { code: String::new(), detail: String::new() }
    });
    world.post_json("/instance", &user("vod", "one")).await.problem(502, "provisioning-failed");
    assert_eq!((world.vaas.len(), world.instances().await), (1, json!([])));
    assert!(world.service.look_after().await.is_err());
    world.vaas.works();
    world.service.look_after().await.unwrap();
    is_taken_back(&world, Step::Connect).await;
}

#[tokio::test]
async fn a_look_takes_nothing_for_left_over_that_is_being_made() {
    let world = World::loaded().await;
    world.provisioner.stalls();
    let policy = user("vod", "one");
    let making = world.post_json("/instance", &policy);
    let looking = async {
        world.provisioner.entered.notified().await;
        for _ in 0..3 {
            world.service.look_after().await.unwrap();
            assert_eq!(world.vaas.len(), 1, "the instance is at VaaS and in no row yet");
        }
        world.service.close().await;
    };
    tokio::join!(making, looking).0.problem(503, "closing");
}

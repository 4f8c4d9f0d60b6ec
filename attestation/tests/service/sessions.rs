use std::collections::HashSet;
use std::time::Duration;

use veracruz_attestation::service::{
    MAX_SESSIONS, NoRandomness, Random, SESSION_LIFE, SessionError, SessionId, StartError,
};

use crate::world::{Counting, World};

#[test]
fn a_nonce_is_given_out_once_and_then_the_session_is_used() {
    let world = World::new();
    let challenge = world.service.start(world.clock.now(), &Counting::default()).unwrap();
    assert!(world.service.take(challenge.id, world.clock.now()).is_ok());
    assert_eq!(world.service.take(challenge.id, world.clock.now()).unwrap_err(), SessionError::Used);
}

#[test]
fn a_session_lives_for_its_minute_and_not_a_nanosecond_longer() {
    for (age, outcome) in [
        (SESSION_LIFE - Duration::from_nanos(1), None),
        (SESSION_LIFE, Some(SessionError::Expired)),
        (SESSION_LIFE * 100, Some(SessionError::Expired)),
    ] {
        let world = World::new();
        let challenge = world.service.start(world.clock.now(), &Counting::default()).unwrap();
        assert_eq!(challenge.expires_at, world.clock.now() + SESSION_LIFE);
        world.clock.advance(age);
        assert_eq!(world.service.take(challenge.id, world.clock.now()).err(), outcome, "{age:?}");
    }
}

#[test]
fn nonces_and_ids_differ_and_ids_are_version_4_uuids() {
    let world = World::new();
    let (mut nonces, mut ids) = (HashSet::new(), HashSet::new());
    for _ in 0..100 {
        let started = world.start();
        assert_eq!((started.id.len(), started.id.as_bytes()[14]), (36, b'4'), "{}", started.id);
        nonces.insert(started.nonce);
        ids.insert(started.id);
    }
    assert_eq!((nonces.len(), ids.len()), (100, 100));
}

#[test]
fn an_id_has_one_spelling() {
    let world = World::new();
    let id = world.start().id;
    for spelling in
        [id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}"), String::new()]
    {
        if spelling != id {
            assert_eq!(spelling.parse::<SessionId>().unwrap_err(), SessionError::Unknown, "{spelling}");
        }
    }
}

#[test]
fn a_full_table_refuses_until_the_first_session_ends() {
    let world = World::new();
    let random = Counting::default();
    let first = world.service.start(world.clock.now(), &random).unwrap();
    world.clock.advance(Duration::from_secs(20));
    for _ in 1..MAX_SESSIONS {
        world.service.start(world.clock.now(), &random).unwrap();
    }
    assert_eq!(world.service.live_sessions(world.clock.now()), MAX_SESSIONS);

    let Err(StartError::Full { retry_after }) = world.service.start(world.clock.now(), &random) else {
        unreachable!("the table is full")
    };
    assert!(retry_after >= Duration::from_secs(40) && retry_after <= Duration::from_secs(41), "{retry_after:?}");
    let answer = world.request("POST", "/proxy/v1/Start");
    assert_eq!(answer.problem(), (503, "sessions-full".to_owned()));
    assert_eq!(answer.headers["retry-after"], retry_after.as_secs().to_string().as_str());

    world.clock.advance(retry_after);
    world.service.start(world.clock.now(), &random).expect("the first place is free");
    assert_eq!(world.service.live_sessions(world.clock.now()), MAX_SESSIONS, "only what was over is gone");
    assert_eq!(world.service.take(first.id, world.clock.now()).unwrap_err(), SessionError::Unknown);
}

#[test]
fn used_sessions_take_no_place_from_new_ones() {
    let world = World::new();
    let random = Counting::default();
    for _ in 0..MAX_SESSIONS * 2 {
        let challenge = world.service.start(world.clock.now(), &random).unwrap();
        world.service.take(challenge.id, world.clock.now()).unwrap();
    }
    assert_eq!(world.service.live_sessions(world.clock.now()), 0);
}

#[test]
fn a_source_of_randomness_that_fails_or_repeats_starts_nothing() {
    struct Broken;
    impl Random for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }
    struct Stuck;
    impl Random for Stuck {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
            bytes.fill(7);
            Ok(())
        }
    }
    let world = World::new();
    let refused = StartError::Randomness(NoRandomness);
    assert_eq!(world.service.start(world.clock.now(), &Broken).unwrap_err(), refused);
    world.service.start(world.clock.now(), &Stuck).unwrap();
    assert_eq!(world.service.start(world.clock.now(), &Stuck).unwrap_err(), refused);
}

#[test]
fn debug_text_shows_no_nonce_and_no_id() {
    let world = World::new();
    let challenge = world.service.start(world.clock.now(), &Counting::default()).unwrap();
    let text = format!("{challenge:?} {:?} {:?}", challenge.id, world.service.take(challenge.id, world.clock.now()));
    assert!(!text.contains(&challenge.id.to_string()) && !text.contains('['), "{text}");
}

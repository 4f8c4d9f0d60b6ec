//! Programs and pipelines, and their end.

use std::time::Duration;

use veracruz_client::{CancelHandle, Compute, RunNumber};

use crate::world::World;

#[tokio::test]
async fn exit_codes_come_back_whatever_they_are() {
    let world = World::new();
    let server = world.server();
    let mut session = world.client(&server).build().unwrap().connect().await.unwrap();
    assert_eq!(session.compute("/program/p", Compute::new()).await.unwrap(), 10);
    assert_eq!(session.compute("/program/p", Compute::new().timeout(Duration::from_secs(1))).await.unwrap(), 7);
    session.shutdown().await.unwrap();
    assert_eq!(server.seen().last().unwrap(), "request_shutdown");
}

#[tokio::test]
async fn pipelines_are_found_by_name_and_by_number() {
    let world = World::with(|policy| {
        let policy = policy.program("/program/p", None, "/:rw").unwrap();
        let policy = policy.pipeline("first", "/program/p ;", "/:rw").unwrap();
        policy.pipeline("second", "/program/p ;", "/:rw").unwrap()
    });
    let server = world.server();
    let mut session = world.client(&server).build().unwrap().connect().await.unwrap();
    for (name, code) in [("first", 100), ("second", 101), ("0", 100), ("1", 101)] {
        assert_eq!(session.pipeline(name, Compute::new()).await.unwrap(), code, "{name}");
    }
    for name in ["third", "2", "-1", ""] {
        assert_eq!(session.pipeline(name, Compute::new()).await.unwrap_err().code(), "no-such-pipeline", "{name}");
    }
}

#[tokio::test]
async fn a_run_ends_when_its_handle_says_so_and_the_session_goes_on() {
    let world = World::new();
    let server = world.server();
    let mut session = world.client(&server).build().unwrap().connect().await.unwrap();
    let handle = CancelHandle::new();
    let options = Compute::new().cancelled_by(&handle);
    let compute = session.compute("/program/endless", options);
    let cancel = async {
        // As soon as the request is under way.
        while !server.seen().iter().any(|kind| kind == "request_result") {
            tokio::task::yield_now().await;
        }
        handle.cancel();
    };
    let (ended, ()) = tokio::join!(compute, cancel);
    assert_eq!(ended.unwrap_err().code(), "run-cancelled");
    // A handle that was used ends a run at once; one that was not changes nothing.
    let again = session.compute("/program/endless", Compute::new().cancelled_by(&handle)).await;
    assert_eq!(again.unwrap_err().code(), "run-cancelled");
    let fresh = CancelHandle::new();
    assert_eq!(session.compute("/program/p", Compute::new().cancelled_by(&fresh)).await.unwrap(), 10);
    assert_eq!(session.cancel(RunNumber::new(5).unwrap()).await.unwrap_err().code(), "no-such-run");
}

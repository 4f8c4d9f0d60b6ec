//! Programs: their exit codes and streams, several runs, runs that are ended, and the end of everything.

use std::time::Duration;

use veracruz_client::{CancelHandle, Compute, RunNumber, Session, Transfer};
use veracruz_runtime::Ended;

use crate::world::{Instance, program};

const PROGRAM: &str = "/program/p.wasm";
const ENDLESS: &str = "(loop $again (br $again))";

async fn with_program(body: &str) -> (Instance, Session) {
    let instance = Instance::start().await;
    let mut session = instance.session("owner").await;
    session.upload(PROGRAM, program(body).as_slice(), Transfer::new()).await.unwrap();
    (instance, session)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_codes_and_fresh_streams_come_back_from_each_of_several_runs() {
    let (instance, mut session) =
        with_program("(call $say (i32.const 1)) (call $say (i32.const 2)) (call $exit (i32.const 7))").await;
    session.upload("/data", &b"stays"[..], Transfer::new()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(session.compute(PROGRAM, Compute::new()).await.unwrap(), 7);
        assert_eq!(session.read("stdout", 100).await.unwrap(), b"hello");
        assert_eq!(session.read("stderr", 100).await.unwrap(), b"hello");
        assert_eq!(session.read("/data", 100).await.unwrap(), b"stays");
    }
    session.shutdown().await.unwrap();
    assert!(matches!(instance.ended().await, Ended::ByParticipant { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_end_by_a_handle_by_a_number_and_by_their_time() {
    let (instance, mut session) = with_program(ENDLESS).await;
    let mut other = instance.session("owner").await;

    let handle = CancelHandle::new();
    let run = RunNumber::new(77).unwrap();
    let compute = session.compute(PROGRAM, Compute::new().run(run).cancelled_by(&handle));
    let cancel = async {
        wait_for_run(&mut other, run).await;
        handle.cancel();
    };
    let (ended, ()) = tokio::join!(compute, cancel);
    assert_eq!(ended.unwrap_err().code(), "run-cancelled");

    let compute = session.compute(PROGRAM, Compute::new().run(run));
    let cancel = async {
        wait_for_run(&mut other, run).await;
        other.cancel(run).await.unwrap();
    };
    let (ended, ()) = tokio::join!(compute, cancel);
    assert_eq!(ended.unwrap_err().code(), "run-cancelled");
    assert_eq!(other.cancel(run).await.unwrap_err().code(), "no-such-run");

    let timed = session.compute(PROGRAM, Compute::new().timeout(Duration::from_millis(30))).await;
    assert_eq!(timed.unwrap_err().code(), "deadline-exceeded");
    session.policy_hash().await.expect("the session outlives its runs");
}

async fn wait_for_run(session: &mut Session, run: RunNumber) {
    while !session.runs().await.unwrap().runs().iter().any(|info| info.run == Some(run)) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_work_on_while_a_program_runs() {
    let (instance, mut session) = with_program(ENDLESS).await;
    let handle = CancelHandle::new();
    let endless = handle.clone();
    let run = RunNumber::new(1).unwrap();
    let running = tokio::spawn(async move {
        session.compute(PROGRAM, Compute::new().run(run).cancelled_by(&endless)).await.map_err(|e| e.code().to_owned())
    });
    wait_for_run(&mut instance.session("owner").await, run).await;
    let mut others = tokio::task::JoinSet::new();
    for number in 0..4 {
        let client = instance.client("owner").build().unwrap();
        others.spawn(async move {
            let mut session = client.connect().await.unwrap();
            for round in 0..10 {
                let (name, content) = (format!("/data/{number}"), format!("{number} {round}"));
                session.upload(&name, content.as_bytes(), Transfer::new()).await.unwrap();
                assert_eq!(session.read(&name, 100).await.unwrap(), content.as_bytes());
            }
        });
    }
    others.join_all().await;
    handle.cancel();
    assert_eq!(running.await.unwrap().unwrap_err(), "run-cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_program_does_wrong_is_told_and_ends_nothing_else() {
    let (instance, mut session) = with_program("unreachable").await;
    let error = session.compute(PROGRAM, Compute::new()).await.unwrap_err();
    assert_eq!(error.code(), "guest-unreachable", "{error}");
    assert!(!error.failure().unwrap().detail().is_empty());
    let refused = session.upload(PROGRAM, &b"no program"[..], Transfer::new()).await.unwrap_err();
    assert!(refused.failure().is_some(), "{refused}");
    let again = session.compute(PROGRAM, Compute::new()).await.unwrap_err();
    assert_eq!(again.code(), "guest-unreachable", "the old program is still there: {again}");
    assert_eq!(session.compute("/program/absent.wasm", Compute::new()).await.unwrap_err().code(), "not-a-program");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_runs_by_its_name() {
    let owner = [("owner", "/:rwx,stdout:r")];
    let instance = Instance::with(&owner, |policy| {
        let policy = policy.program(PROGRAM, None, "/:rw").unwrap();
        policy.pipeline("greet", &format!("{PROGRAM} ;"), "/:rw,stdout:w").unwrap()
    })
    .await;
    let mut session = instance.session("owner").await;
    session.upload(PROGRAM, program("(call $say (i32.const 1))").as_slice(), Transfer::new()).await.unwrap();
    for name in ["greet", "0"] {
        assert_eq!(session.pipeline(name, Compute::new()).await.unwrap(), 0);
        assert_eq!(session.read("stdout", 100).await.unwrap(), b"hello");
    }
}

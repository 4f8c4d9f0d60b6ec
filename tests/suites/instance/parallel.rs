//! Participants do not wait for each other, nor for a program that runs.

use veracruz_client::{Compute, RunNumber, Session};
use veracruz_tests::guests::guest;

use crate::world::{Person, World, get, policy, put, refusal};

const SPIN: &str = "/program/spin.wasm";

/// Rounds of each participant.
const ROUNDS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn four_participants_finish_their_work_while_a_program_of_a_fifth_still_runs() {
    let people = ["alice", "bob", "carol", "dave"].map(Person::new);
    let fifth = Person::new("erin");
    let capabilities = [1, 2, 3, 4].map(|number| format!("/own-{number}/:rw, /shared/:rw"));
    let mut named: Vec<_> = people.iter().zip(capabilities.iter().map(String::as_str)).collect();
    named.push((&fifth, "/program/:wx"));
    let policy = policy(&named, |builder| builder.program(SPIN, None, "stdout:w").unwrap());
    let world = World::start(policy).await;
    let run = RunNumber::new(7).unwrap();

    let (mut runner, mut watcher) = (world.connect(&fifth).await, world.connect(&fifth).await);
    put(&mut runner, SPIN, &guest("spin")).await.unwrap();
    let spinning = tokio::spawn(async move { (runner.compute(SPIN, Compute::new().run(run)).await, runner) });
    while !is_listed(&mut watcher, run).await {}

    let mut workers = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let session = world.connect(person).await;
        workers.push(tokio::spawn(work(session, index + 1)));
    }
    for worker in workers {
        worker.await.unwrap();
    }

    assert!(is_listed(&mut watcher, run).await, "all the work was done while the program ran");
    watcher.cancel(run).await.unwrap();
    let (ended, runner) = spinning.await.unwrap();
    assert_eq!(refusal(ended), "run-cancelled");
    assert!(!is_listed(&mut watcher, run).await);
    drop((runner, watcher));
    world.stop().await;
}

async fn is_listed(session: &mut Session, run: RunNumber) -> bool {
    session.runs().await.unwrap().runs().iter().any(|listed| listed.run == Some(run) && listed.program == SPIN)
}

/// Writes, reads and lists, in a directory of its own and in one that it shares.
async fn work(mut session: Session, number: usize) {
    for round in 0..ROUNDS {
        let content = format!("round {round} of {number}").repeat(round + 1).into_bytes();
        for directory in [format!("/own-{number}"), "/shared".to_owned()] {
            let name = format!("file-{number}-{}", round % 5);
            let path = format!("{directory}/{name}");
            put(&mut session, &path, &content).await.unwrap();
            assert_eq!(get(&mut session, &path).await.unwrap(), content);
            let listed = session.list(&directory).await.unwrap();
            let entry = listed.iter().find(|entry| entry.name == name).expect("what was written is listed");
            assert_eq!(entry.size, content.len() as u64);
        }
    }
    session.close().await.unwrap();
}

//! Many at once: each gets its own, and of what there is only once, exactly one gets it.

use std::collections::BTreeSet;

use tokio::task::JoinSet;
use veracruz_client::Compute;
use veracruz_client::rest::Error;

use crate::audit::contents;
use crate::content::{Kind, SMALL_PROGRAM};
use crate::hands::port;
use crate::stage::{FUNCTION, Stage, load};

const INSTANCES: u16 = 64;

/// Callers who want the same.
const RIVALS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_instances_made_at_once_have_a_port_each_and_can_all_be_used() {
    let stage = Stage::new(29_000, INSTANCES).await;
    let all = usize::from(INSTANCES);
    let made = at_once(all, |number| {
        let hands = stage.hands.clone();
        async move { hands.ccfaas.create_instance(hands.people.policy(FUNCTION, &format!("number {number}"))).await }
    })
    .await;
    let policies: Vec<_> = made.into_iter().map(|made| made.unwrap_or_else(|error| panic!("{error}")).policy).collect();
    let ports: BTreeSet<_> = policies.iter().map(|policy| port(policy)).collect();
    assert_eq!(ports, stage.world.slots().collect(), "each has a port of its own");
    assert_eq!(stage.world.processes().into_keys().collect::<BTreeSet<_>>(), ports);
    let further = stage.hands.ccfaas.create_instance(stage.hands.people.policy(FUNCTION, "one more")).await;
    assert_eq!(further.unwrap_err().code(), "no-free-slot");

    let used = at_once(all, |number| {
        let (hands, policy) = (stage.hands.clone(), policies[number].clone());
        async move {
            let mut session = hands.people.connect(&policy).await;
            let program = hands.variants[0].files[SMALL_PROGRAM].path;
            let exit_code = session.compute(program, Compute::new()).await.unwrap();
            (exit_code, session.read("stdout", 1000).await.unwrap())
        }
    })
    .await;
    assert!(used.iter().all(|result| *result == (0, stage.hands.variants[0].says().into_bytes())));

    let deleted = at_once(all, |number| {
        let hands = stage.hands.clone();
        async move { hands.ccfaas.delete_instance(&format!("number {number}")).await }
    })
    .await;
    deleted.into_iter().for_each(|deleted| deleted.unwrap());
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_who_want_the_same_name_exactly_one_gets_it() {
    let stage = Stage::new(29_200, 4).await;

    let registered = at_once(RIVALS, |number| {
        let hands = stage.hands.clone();
        async move { hands.ccfaas.create_function(hands.variants[number % 3].policy("wanted")).await }
    })
    .await;
    let winner = one_of(registered, "function-exists");
    assert_eq!(stage.hands.ccfaas.function("wanted").await.unwrap(), winner);

    let made = at_once(RIVALS, |_| {
        let hands = stage.hands.clone();
        async move { hands.ccfaas.create_instance(hands.people.policy(FUNCTION, "wanted")).await }
    })
    .await;
    let winner = one_of(made, "instance-exists");
    assert_eq!(stage.hands.ccfaas.instance("wanted").await.unwrap().policy, winner.policy);
    assert_eq!(stage.world.processes().len(), 1, "the others left instances behind");
    stage.hands.people.connect(&winner.policy).await.close().await.unwrap();

    let deleted = at_once(RIVALS, |_| {
        let hands = stage.hands.clone();
        async move { hands.ccfaas.delete_instance("wanted").await }
    })
    .await;
    some_of(deleted, "instance-not-found");
    let deleted = at_once(RIVALS, |_| {
        let hands = stage.hands.clone();
        async move { hands.ccfaas.delete_function("wanted").await }
    })
    .await;
    one_of(deleted, "function-not-found");
    ends_with(stage, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_who_upload_or_delete_the_same_file_exactly_one_succeeds() {
    let stage = Stage::without_files(29_300, 1).await;
    for file in 0..stage.hands.variants[0].files.len() {
        let uploaded = at_once(RIVALS, |_| {
            let hands = stage.hands.clone();
            async move { load(&hands, &hands.variants[0].files[file]).await }
        })
        .await;
        one_of(uploaded, "file-exists");
        assert_eq!(contents(&stage.world).len(), file + 1, "the others left contents behind");
    }
    for file in 0..stage.hands.variants[0].files.len() {
        let deleted = at_once(RIVALS, |_| {
            let hands = stage.hands.clone();
            async move {
                let content = &hands.variants[0].files[file];
                match content.kind {
                    Kind::Program => hands.ccfaas.delete_program(FUNCTION, content.path).await,
                    Kind::DataFile => hands.ccfaas.delete_data_file(FUNCTION, content.path).await,
                }
            }
        })
        .await;
        one_of(deleted, "file-not-loaded");
    }
    ends_with(stage, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_is_deleted_while_files_go_into_it_leaves_no_content() {
    let stage = Stage::without_files(29_400, 1).await;
    for _ in 0..5 {
        let raced = at_once(RIVALS, |number| {
            let hands = stage.hands.clone();
            async move {
                let files = &hands.variants[0].files;
                match number {
                    7 => hands.ccfaas.delete_function(FUNCTION).await,
                    number => load(&hands, &files[number % files.len()]).await,
                }
            }
        })
        .await;
        for outcome in raced {
            let code = outcome.as_ref().map_or_else(Error::code, |()| "done");
            assert!(["done", "file-exists", "function-not-found"].contains(&code), "{outcome:?}");
        }
        assert_eq!(contents(&stage.world), Vec::<String>::new());
        stage.hands.ccfaas.create_function(stage.hands.variants[0].policy(FUNCTION)).await.unwrap();
    }
    ends_with(stage, 0).await;
}

async fn ends_with(stage: Stage, files: usize) {
    assert_eq!(contents(&stage.world).len(), files);
    stage.ends().await;
}

/// All of them at the same time; the results in their order.
pub(crate) async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    mut begin: impl FnMut(usize) -> F,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let task = begin(number);
        tasks.spawn(async move { (number, task.await) });
    }
    let mut results = tasks.join_all().await;
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The one success; all others were refused with `code`.
fn one_of<T>(outcomes: Vec<Result<T, Error>>, code: &str) -> T {
    let mut successes = some_of(outcomes, code);
    assert_eq!(successes.len(), 1, "not exactly one succeeded");
    successes.remove(0)
}

/// The successes, one at least; all others were refused with `code`.
fn some_of<T>(outcomes: Vec<Result<T, Error>>, code: &str) -> Vec<T> {
    let (successes, failures): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    for failure in failures.into_iter().filter_map(Result::err) {
        assert_eq!(failure.code(), code, "{failure}");
    }
    assert!(!successes.is_empty(), "nobody succeeded");
    successes.into_iter().filter_map(Result::ok).collect()
}

//! The example of the README: three participants bring a share each, a fourth learns the secret, and nobody more.

use veracruz_client::Compute;
use veracruz_policy::Sha256Digest;
use veracruz_tests::guests::guest;

use crate::world::{Person, World, get, policy, put, refusal, text};

const PROGRAM: &str = "/program/shamir.wasm";
const SHARES: [&str; 3] =
    ["01dc061a7bdaf77616dd5915f3b4", "027f38e27b5a02a288d064965364", "03eb5b946cefd583f17f51e781da"];

#[tokio::test(flavor = "multi_thread")]
async fn three_shares_of_three_participants_give_the_secret_to_a_fourth_and_nothing_else_to_anybody() {
    let people = ["alice", "bob", "carol", "dave"].map(Person::new);
    let wasm = guest("shamir-secret-sharing");
    let share = |number: usize| format!("/input/share-{number}.dat");
    let own = [1, 2, 3].map(|number| format!("{}:w", share(number)));
    let reader = format!("{PROGRAM}:wx, /output/:r, stderr:r");
    let capabilities = [own[0].as_str(), &own[1], &own[2], &reader];
    let named: Vec<_> = people.iter().zip(capabilities).collect();
    let policy = policy(&named, |builder| {
        builder.program(PROGRAM, Some(Sha256Digest::of(&wasm)), "/input/:r, /output/:w, stderr:w").unwrap()
    });
    let world = World::start(policy).await;
    for (index, person) in people[..3].iter().enumerate() {
        let mut session = world.connect(person).await;
        put(&mut session, &share(index + 1), SHARES[index].as_bytes()).await.unwrap();
        let others = share((index + 1) % 3 + 1);
        assert_eq!(refusal(get(&mut session, &share(index + 1)).await), "missing-rights", "not even its own");
        assert_eq!(refusal(get(&mut session, &others).await), "no-entry");
        assert_eq!(refusal(put(&mut session, &others, b"spoilt").await), "no-entry");
        assert_eq!(refusal(session.compute(PROGRAM, Compute::new()).await), "no-entry");
        assert_eq!(refusal(get(&mut session, "/output/shamir.dat").await), "no-entry");
        session.close().await.unwrap();
    }
    let mut session = world.connect(&people[3]).await;
    assert_eq!(refusal(put(&mut session, PROGRAM, &guest("cat")).await), "wrong-hash", "a program that tells more");
    put(&mut session, PROGRAM, &wasm).await.unwrap();
    let exit_code = session.compute(PROGRAM, Compute::new()).await.unwrap();
    assert_eq!((exit_code, text(&mut session, "stderr").await.as_str()), (0, ""));
    assert_eq!(text(&mut session, "/output/shamir.dat").await, "Hello World!\n");
    for number in 1..=3 {
        assert_eq!(refusal(get(&mut session, &share(number)).await), "no-entry");
    }
    session.close().await.unwrap();
    world.stop().await;
}

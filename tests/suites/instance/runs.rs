//! Several runs in one instance: files stay, streams begin anew.

use veracruz_client::Compute;
use veracruz_tests::guests::guest;

use crate::world::{Person, World, policy, put, text};

const ALL: &str = "/:rwx, stdin:w, stdout:r, stderr:r";

/// An instance with these guests as `/program/NAME.wasm`, and who may do everything there.
async fn with(guests: &[&str]) -> (World, veracruz_client::Session) {
    let person = Person::new("anybody");
    let capabilities = "/input/:r, /output/:rw, stdin:r, stdout:w, stderr:w";
    let policy = policy(&[(&person, ALL)], |builder| {
        guests.iter().fold(builder, |builder, name| {
            builder.program(&format!("/program/{name}.wasm"), None, capabilities).unwrap()
        })
    });
    let world = World::start(policy).await;
    let mut session = world.connect(&person).await;
    for name in guests {
        put(&mut session, &format!("/program/{name}.wasm"), &guest(name)).await.unwrap();
    }
    (world, session)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_stay_and_streams_begin_anew_from_run_to_run() {
    let (world, mut session) = with(&["echo", "exit-code"]).await;
    put(&mut session, "/input/kept", b"by a participant").await.unwrap();
    for stdin in ["a rather long text", "short", ""] {
        put(&mut session, "stdin", stdin.as_bytes()).await.unwrap();
        for time in ["first", "second"] {
            assert_eq!(session.compute("/program/echo.wasm", Compute::new()).await.unwrap(), 0);
            assert_eq!(text(&mut session, "stdout").await, stdin, "the {time} run reads from the start, no old tail");
            assert_eq!(text(&mut session, "stderr").await, "");
        }
    }
    put(&mut session, "/input/exit-code", b"no number").await.unwrap();
    assert_eq!(session.compute("/program/exit-code.wasm", Compute::new()).await.unwrap(), 1);
    assert!(text(&mut session, "stderr").await.contains("is no number"));
    assert_eq!(session.compute("/program/echo.wasm", Compute::new()).await.unwrap(), 0);
    assert_eq!(text(&mut session, "stderr").await, "", "the report of the run before is gone");
    assert_eq!(text(&mut session, "/input/kept").await, "by a participant");
    session.close().await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_grows_with_each_run_and_each_run_sees_all_of_it() {
    let (world, mut session) = with(&["number-accumulation"]).await;
    let mut list = String::new();
    for (number, sum) in [(5, 5), (-2, 3), (40, 43), (0, 43)] {
        put(&mut session, "/input/number.txt", number.to_string().as_bytes()).await.unwrap();
        assert_eq!(session.compute("/program/number-accumulation.wasm", Compute::new()).await.unwrap(), 0);
        assert_eq!(text(&mut session, "stdout").await, format!("{sum}\n"));
        list += &format!("{number}\n");
        assert_eq!(text(&mut session, "/output/numbers.txt").await, list);
    }
    session.close().await.unwrap();
    world.stop().await;
}

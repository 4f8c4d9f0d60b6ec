//! Starts that fail: a program in the place of `veracruz-server` does what that never should.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use vaas_core::{CreateError, Filter};

use crate::participant::Participant;
use crate::world::World;

/// The error of one creation, after which nothing is left and the slot is free.
async fn failure(world: &World) -> CreateError {
    let vaas = world.open().await;
    let asked = Participant::new().asks(None);
    let error = vaas.create(&asked).await.unwrap_err();
    world.assert_empty();
    assert_eq!(vaas.list(&Filter::default()).veracruz.len(), 0);
    let again = vaas.create(&asked).await.unwrap_err();
    assert_eq!(again.code(), error.code(), "the slot is free, so it fails as before");
    assert_eq!(vaas.counts().start_failures[error.code()], 2);
    error
}

#[tokio::test]
async fn an_instance_that_ends_at_once_is_told_with_its_last_words() {
    let world = World::with_script(1, "echo first; printf 'no \\033[1mfuel\\n' >&2; exit 7");
    let error = failure(&world).await;
    assert_eq!(error.code(), "instance-start-failed");
    let told = error.to_string();
    assert!(told.contains("exit code 7") && told.contains("first | no \\u{1b}[1mfuel"), "{told}");
}

#[tokio::test]
async fn an_instance_that_takes_no_sessions_in_time_is_ended() {
    // It does not mind SIGTERM either.
    let mut world = World::with_script(1, "trap '' TERM; while :; do read -r line < /proc/self/fd/1 || :; done");
    world.start_timeout = Duration::from_millis(300);
    let vaas = vaas_core::Vaas::open(world.impatient_driver().await, world.settings()).await.unwrap();
    let error = vaas.create(&Participant::new().asks(None)).await.unwrap_err();
    assert_eq!(error.code(), "instance-start-timeout");
    world.assert_empty();
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let mut world = World::with_ports(1);
    world.program = world.folder.path().join("absent");
    let error = failure(&world).await;
    assert_eq!(error.code(), "instance-start-failed");
    assert!(error.to_string().contains("absent"), "{error}");
}

#[tokio::test]
async fn an_endless_line_and_much_output_are_followed_in_bounds() {
    let script = "i=0; while [ $i -lt 300 ]; do printf '%08192d' $i; i=$((i+1)); done; echo; \
                  echo 'Veracruz Server running on nowhere'; exec tail -f /dev/null";
    let world = World::with_script(1, script);
    let vaas = world.open().await;
    let created = vaas.create(&Participant::new().asks(None)).await.unwrap();
    let log = world.folders()[0].join("log");
    let size = std::fs::metadata(log).unwrap().blocks() * 512;
    assert!(size < 1024 * 1024 + 64 * 1024, "what was copied takes no space: {size}");
    vaas.delete(world.port(0), &crate::world::exactly(&created)).await.unwrap();
    world.assert_empty();
}

#[tokio::test]
async fn an_instance_gets_no_environment_and_no_open_files() {
    // A shell sets some variables itself; what it was given stands in its own file.
    let script = "tr '\\0' '\\n' < /proc/$$/environ > ../../../environment; ls /proc/$$/fd > ../../../files; exit 1";
    let world = World::with_script(1, script);
    let vaas = world.open().await;
    vaas.create(&Participant::new().asks(None)).await.unwrap_err();
    let seen = |name: &str| crate::world::read(&world.folder.path().join(name));
    assert_eq!(seen("environment"), "");
    let files = seen("files");
    // The shell has its script open at 10 or above.
    let inherited = files.lines().filter(|file| file.parse::<u32>().is_ok_and(|file| (3..10).contains(&file)));
    assert_eq!(inherited.count(), 0, "{files}");
}

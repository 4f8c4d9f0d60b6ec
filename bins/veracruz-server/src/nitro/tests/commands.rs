//! What nitro-cli is asked, and what becomes of its answers.

use std::path::Path;

use veracruz_policy::{Platform, Sha256Digest};
use veracruz_serve::Shutdown;
use veracruz_tests::policy::of_one_participant;

use super::stand_in::{Machine, STARTED, TERMINATED, listener, policy};
use crate::nitro::cli::{Handle, Launch, NitroCli};
use crate::nitro::serve;

fn launch(debug: bool, cid: Option<u32>) -> Launch<'static> {
    Launch { image: Path::new("/images/a b.eif"), cpus: 2, memory_mib: 1279, cid, debug }
}

#[tokio::test]
async fn an_enclave_is_started_with_whole_pages_and_ended_by_its_id() {
    let machine = Machine::new();
    let cli = NitroCli::new(&machine.path("nitro-cli"));
    let started = cli.run("veracruz-1", &launch(false, None)).await.unwrap();
    assert_eq!((started.id.as_str(), started.cid), ("i-0-enc1", 16));
    cli.run("veracruz-2", &launch(true, Some(20))).await.unwrap();
    cli.terminate(&Handle::Id(started.id)).await.unwrap();
    let arguments = "--eif-path /images/a b.eif --cpu-count 2 --memory 1280";
    let expected = [
        format!("run-enclave --enclave-name veracruz-1 {arguments}"),
        format!("run-enclave --enclave-name veracruz-2 {arguments} --enclave-cid 20 --debug-mode"),
        "terminate-enclave --enclave-id i-0-enc1".to_owned(),
    ];
    assert_eq!(machine.asked(), expected);
}

#[tokio::test]
async fn what_nitro_cli_complains_about_is_told_with_the_next_step() {
    for (run, told) in [
        ("printf 'Insufficient memory\\033[1m' >&2; exit 39", "Insufficient memory\\u{1b}[1m"),
        ("exit 39", "allocator.yaml"),
        ("echo 'Started enclave'", "not the JSON"),
        ("echo '{\"EnclaveID\": \"i-0\"}'", "EnclaveCID"),
    ] {
        let machine = Machine::that(run, TERMINATED, "echo '[]'");
        let cli = NitroCli::new(&machine.path("nitro-cli"));
        let error = format!("{:#}", cli.run("x", &launch(false, None)).await.unwrap_err());
        assert!(error.contains(told), "{error}");
    }
    let missing = NitroCli::new(Path::new("/nowhere/nitro-cli")).run("x", &launch(false, None)).await.unwrap_err();
    assert!(format!("{missing:#}").contains("--nitro-cli"), "{missing:#}");
}

#[tokio::test]
async fn an_enclave_that_ended_by_itself_is_terminated_and_one_that_stays_is_not() {
    let fails = "echo 'no such enclave' >&2; exit 1";
    let listed = r#"echo '[{"EnclaveID": "i-0-enc1", "EnclaveName": "veracruz-1", "State": "RUNNING"}]'"#;
    for (describe, handle, ended) in [
        ("echo '[]'", Handle::Id("i-0-enc1".to_owned()), true),
        (listed, Handle::Id("i-0-enc2".to_owned()), true),
        (listed, Handle::Name("veracruz-2".to_owned()), true),
        (listed, Handle::Id("i-0-enc1".to_owned()), false),
        (listed, Handle::Name("veracruz-1".to_owned()), false),
        ("exit 1", Handle::Id("i-0-enc1".to_owned()), false),
    ] {
        let machine = Machine::that(STARTED, fails, describe);
        let terminated = NitroCli::new(&machine.path("nitro-cli")).terminate(&handle).await;
        assert_eq!(terminated.is_ok(), ended, "{describe} {handle:?}");
        if let Err(error) = terminated {
            assert!(error.to_string().contains("end it with `nitro-cli terminate-enclave"), "{error}");
        }
    }
}

#[tokio::test]
async fn nothing_is_started_for_a_policy_that_does_not_go_with_the_image() {
    let machine = Machine::new();
    std::fs::write(machine.path("image.eif"), "no image").unwrap();
    let simulated = of_one_participant().runtime(Platform::Simulated, Sha256Digest::of(b"image")).build().unwrap();
    for (policy, image, told) in [
        (&simulated, "image.eif", "runtime_manager_hash_nitro"),
        (&policy(), "image.eif", "no enclave image"),
        (&policy(), "missing.eif", "cannot read the enclave image"),
    ] {
        let mut config = machine.config();
        config.image = machine.path(image);
        let (_trigger, shutdown) = Shutdown::manual();
        let announce = || panic!("nothing serves");
        let error = serve(&config, policy, None, listener().await, shutdown, announce).await.unwrap_err();
        assert!(format!("{error:#}").contains(told), "{error:#}");
    }
    assert_eq!(machine.asked(), [""; 0]);
}

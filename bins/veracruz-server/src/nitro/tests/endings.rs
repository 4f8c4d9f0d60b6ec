//! However it ends, the enclave is terminated.

use tokio::net::TcpStream;
use veracruz_policy::{Platform, Sha256Digest};
use veracruz_runtime::Ended;
use veracruz_runtime::control::{CONTROL_PORT, SESSION_PORT, ToEnclave, ToHost};

use super::stand_in::{Host, Machine, STARTED, TERMINATED, listener, policy};

const BOTH: [&str; 2] = ["run-enclave", "terminate-enclave"];

#[tokio::test]
async fn the_operator_stops_it_in_order() {
    let machine = Machine::new();
    let (mut host, mut enclave) = Host::with_enclave(&machine).await;
    enclave.say(ToHost::Serving).await;
    (&mut host.serving).await.unwrap();
    host.trigger.stop();
    assert_eq!(enclave.hear().await, ToEnclave::Stop);
    enclave.say(ToHost::EndedByHost { cut: 2 }).await;
    assert_eq!(host.ended().await.unwrap(), Ended::ByEmbedder { cut: 2 });
    assert_eq!(machine.commands(), BOTH);
    assert!(machine.asked()[0].contains("--memory 1280"), "the policy's 255 MiB, the runtime's, and whole pages");
}

#[tokio::test]
async fn a_second_signal_does_not_wait_for_the_enclave() {
    let machine = Machine::new();
    let (sessions, (mut host, mut enclave)) = (machine.listen(SESSION_PORT), Host::with_enclave(&machine).await);
    enclave.say(ToHost::Serving).await;
    (&mut host.serving).await.unwrap();
    drop(sessions);
    host.trigger.stop();
    assert_eq!(enclave.hear().await, ToEnclave::Stop);
    host.trigger.stop();
    assert_eq!(host.ended().await.unwrap(), Ended::ByEmbedder { cut: 0 });
    assert_eq!(machine.commands(), BOTH);
}

#[tokio::test]
async fn an_enclave_that_does_not_serve_yet_is_not_waited_for() {
    let machine = Machine::new();
    let (host, _enclave) = Host::with_enclave(&machine).await;
    host.trigger.stop();
    assert_eq!(host.ended().await.unwrap(), Ended::ByEmbedder { cut: 0 });
    assert_eq!(machine.commands(), BOTH);
}

#[tokio::test]
async fn a_stop_while_nitro_cli_works_ends_what_it_may_have_started() {
    let machine = Machine::that("echo > event; exec sleep 1000", TERMINATED, "echo '[]'");
    let host = Host::start(&machine, listener().await, policy(), None);
    machine.event().await;
    host.trigger.stop();
    assert_eq!(host.ended().await.unwrap(), Ended::ByEmbedder { cut: 0 });
    let last = machine.asked().pop().unwrap();
    assert!(last.starts_with("terminate-enclave --enclave-name veracruz-"), "{last}");
}

#[tokio::test]
async fn a_host_that_is_dropped_asks_for_the_end_all_the_same() {
    let machine = Machine::that(STARTED, "echo terminated > event", "echo '[]'");
    let (host, _enclave) = Host::with_enclave(&machine).await;
    host.hosting.abort();
    assert_eq!(machine.event().await, "terminated\n");
    assert_eq!(machine.asked()[1], "terminate-enclave --enclave-id i-0-enc1");
}

#[tokio::test]
async fn an_enclave_that_fails_goes_away_or_talks_nonsense_is_an_error() {
    let failed = ToHost::Failed { code: "policy-not-bound".to_owned(), reason: "no\u{7} register".to_owned() };
    for (message, told) in [(Some(failed), "(policy-not-bound): no\\u{7} register"), (None, "gone")] {
        let machine = Machine::new();
        let (host, mut enclave) = Host::with_enclave(&machine).await;
        if let Some(message) = message {
            enclave.say(message).await;
        }
        drop(enclave);
        let error = format!("{:#}", host.ended().await.unwrap_err());
        assert!(error.contains(told), "{error}");
        assert_eq!(machine.commands(), BOTH);
    }
}

#[tokio::test]
async fn an_enclave_that_stays_is_an_error_even_if_all_went_well() {
    let listed = r#"echo '[{"EnclaveID": "i-0-enc1"}]'"#;
    let machine = Machine::that(STARTED, "exit 1", listed);
    let (host, mut enclave) = Host::with_enclave(&machine).await;
    enclave.say(ToHost::EndedByParticipant { id: 0 }).await;
    let error = host.ended().await.unwrap_err().to_string();
    assert!(error.contains("may still hold its memory"), "{error}");
}

#[tokio::test]
async fn without_nitro_cli_the_error_says_only_that() {
    let machine = Machine::new();
    std::fs::remove_file(machine.path("nitro-cli")).unwrap();
    let error = format!("{:#}", Host::start(&machine, listener().await, policy(), None).ended().await.unwrap_err());
    assert!(error.contains("install aws-nitro-enclaves-cli") && !error.contains("may still hold"), "{error}");
}

#[tokio::test]
async fn questions_without_an_attestation_service_or_a_nonce_are_refused() {
    let machine = Machine::new();
    let (host, mut enclave) = Host::with_enclave(&machine).await;
    enclave.say(ToHost::NeedNonce { attempt: 8 }).await;
    assert!(matches!(enclave.hear().await, ToEnclave::Refused { attempt: 8, .. }));
    let apply = ToHost::Apply {
        attempt: 9,
        platform: Platform::Nitro,
        policy_hash: Sha256Digest::of(b""),
        evidence: vec![],
        csr: vec![],
    };
    enclave.say(apply).await;
    assert!(matches!(enclave.hear().await, ToEnclave::Refused { attempt: 9, .. }));
    enclave.say(ToHost::EndedByParticipant { id: 3 }).await;
    assert_eq!(host.ended().await.unwrap(), Ended::ByParticipant { id: 3 });
}

#[tokio::test]
async fn clients_wait_outside_until_the_enclave_serves() {
    let machine = Machine::new();
    let (listener, control) = (listener().await, machine.listen(CONTROL_PORT));
    let (address, sessions) = (listener.local_addr().unwrap(), machine.listen(SESSION_PORT));
    let host = Host::start(&machine, listener, policy(), None);
    let client = TcpStream::connect(address).await.unwrap();
    client.try_write(b"hello").unwrap();
    control.accept().await.unwrap();
    // The control channel is closed again at once: no session was ever begun.
    host.ended().await.unwrap_err();
    drop(machine);
    assert!(tokio::time::timeout(std::time::Duration::ZERO, sessions.accept()).await.is_err());
}

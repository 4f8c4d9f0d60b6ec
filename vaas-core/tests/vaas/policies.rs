//! What the service makes of a request.

use time::macros::datetime;
use veracruz_policy::FullPolicy;

use crate::participant::Participant;
use crate::script::Script;
use crate::world::{free_ports, settings};

#[tokio::test]
async fn a_policy_is_completed_in_the_published_order_and_scripts_can_cut_it() {
    let mut settings = settings(free_ports(1));
    settings.clock = std::sync::Arc::new(|| datetime!(2024-09-01 10:20:59 +2));
    let port = settings.ports.ports().next().unwrap();
    let vaas = Script::default().open(settings.clone()).await;
    let created = vaas.create(&Participant::new().asks(Some("ü-1"))).await.unwrap();
    let text = &created.policy;
    let keys: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("    \"")?.split_once("\":")).map(|(key, _)| key).collect();
    let expected = [
        "ciphersuite",
        "debug",
        "enable_clock",
        "execution_strategy",
        "max_memory_mib",
        "programs",
        "identities",
        "file_hashes",
        "enclave_cert_expiry",
        "proxy_attestation_server_url",
        "proxy_service_cert",
        "runtime_manager_hash_linux",
        "runtime_manager_hash_sgx",
        "runtime_manager_hash_tz",
        "veracruz_server_url",
    ];
    assert_eq!(keys, expected);
    assert!(
        text.is_ascii() && text.ends_with(&format!("\n    \"veracruz_server_url\": \"127.0.0.1:{port}\"\n}}")),
        "{text}"
    );
    let policy = FullPolicy::parse(text).unwrap();
    // 180 days later, in UTC, and the minute is the minute.
    assert_eq!(policy.enclave_cert_expiry.to_string(), "2025-02-28T08:20Z");
    assert_eq!(created.instance_hash, policy.hash().to_string()[..59]);
    assert_eq!(created.instance_id.as_deref(), Some("ü-1"));
    assert_eq!(policy.proxy_service_cert, settings.authorities);
}

#[tokio::test]
async fn the_requests_own_expiry_is_kept() {
    let participant = Participant::new();
    let mut request = participant.request(None);
    request["enclave_cert_expiry"] = serde_json::json!({"day": 2, "hour": 3, "minute": 4, "month": 5, "year": 2031});
    let asked = veracruz_policy::VaasPolicy::parse(&request.to_string()).unwrap();
    let vaas = Script::default().open(settings(free_ports(1))).await;
    let created = vaas.create(&asked).await.unwrap();
    let policy = FullPolicy::parse(&created.policy).unwrap();
    assert_eq!(policy.enclave_cert_expiry.to_string(), "2031-05-02T03:04Z");
}

#[test]
fn ranges_of_ports_and_hosts_are_read_strictly() {
    for (text, shown) in [("3014-3016", "3014-3016"), ("80", "80-80"), ("1-65535", "1-65535")] {
        assert_eq!(text.parse::<vaas_core::PortRange>().unwrap().to_string(), shown);
    }
    for wrong in ["", "0", "0-5", "5-4", "1-65536", "a-b", "1-2-3", "-1"] {
        assert!(wrong.parse::<vaas_core::PortRange>().is_err(), "{wrong}");
    }
    for (text, host) in
        [("host.example", "host.example"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("10.0.0.1", "10.0.0.1")]
    {
        assert_eq!(vaas_core::HostName::parse(text).unwrap().as_str(), host);
    }
    for wrong in ["", "a b", "host:80", "<host>", "http://host"] {
        assert!(vaas_core::HostName::parse(wrong).is_err(), "{wrong}");
    }
}

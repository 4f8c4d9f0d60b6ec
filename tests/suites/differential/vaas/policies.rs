//! What went wrong with policies and dates: V5, V9, V14, V18, V19.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::cases::{Case, cases};
use crate::daemons::Host;
use crate::documents::Person;
use crate::world::{Runtime, World, listed, text};

pub(super) const CASES: &[Case] = cases![
    v05_a_minute_is_a_minute,
    v09_any_name_is_an_instance_id_and_what_is_none_is_refused,
    v14_memory_may_be_any_number_up_to_the_operators_bound,
    v18_a_policy_is_checked_before_a_slot_is_spent,
    v19_an_expiry_that_is_asked_for_is_kept,
];

fn expiry(policy: &str) -> OffsetDateTime {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let number = |key: &str| policy["enclave_cert_expiry"][key].as_i64().unwrap();
    let month = time::Month::try_from(u8::try_from(number("month")).unwrap()).unwrap();
    let day = u8::try_from(number("day")).unwrap();
    let date = time::Date::from_calendar_date(i32::try_from(number("year")).unwrap(), month, day).unwrap();
    date.midnight().assume_utc() + Duration::hours(number("hour")) + Duration::minutes(number("minute"))
}

/// The old service wrote seconds where minutes belong. Only where a port had the very same policy before, a few minutes are
/// added.
fn v05_a_minute_is_a_minute(world: &World) {
    let before = OffsetDateTime::now_utc() - Duration::minutes(1);
    let expiry = expiry(&world.runtime().policy);
    let after = OffsetDateTime::now_utc();
    let life = Duration::days(180);
    assert!(expiry >= before + life && expiry <= after + life, "{expiry} is not 180 days after {after}");
}

/// An id was a label of Kubernetes, and what is no label was a failure after everything was made.
fn v09_any_name_is_an_instance_id_and_what_is_none_is_refused(world: &World) {
    let longest = format!("{:x<189}", world.name("id"));
    for id in [world.name("spaces and ünïcode"), world.name("-_.!~*'()"), longest.clone()] {
        let runtime = Runtime::create(&world.vaas, Some(&id));
        let shown = world.vaas.get(&runtime.place()).object(&["instance_id", "instance_hash", "status"]);
        assert_eq!(shown["instance_id"], id.as_str());
    }
    for id in [json!(""), json!("a/b"), json!("a\nb"), json!(".."), json!(format!("{longest}x"))] {
        let mut body = Person::new("participant").vaas_policy(None);
        body["instance_id"] = id;
        world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[("/instance_id", "bad-name")]);
    }
    let mut body = Person::new("participant").vaas_policy(None);
    body["instance_id"] = 7.into();
    world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[("/instance_id", "wrong-type")]);
}

/// Only even rests of a GiB could be had, and there was no bound. How pages are reserved for an enclave is of Kubernetes.
fn v14_memory_may_be_any_number_up_to_the_operators_bound(world: &World) {
    let person = Person::new("participant");
    for mib in [63, 1025] {
        let mut body = person.vaas_policy(None);
        body["max_memory_mib"] = mib.into();
        let made = world.vaas.post("/veracruz", &body).object(&["instance_hash", "policy"]);
        let policy: Value = serde_json::from_str(text(&made, "policy")).unwrap();
        assert_eq!(policy["max_memory_mib"], mib);
    }
    for (wrong, rule) in [(json!(0), "out-of-range"), (json!(-1), "out-of-range"), (json!(1.5), "wrong-type")] {
        let mut body = person.vaas_policy(None);
        body["max_memory_mib"] = wrong;
        world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[("/max_memory_mib", rule)]);
    }
    let host = Host::start(world, (30_400, 1), &["--veracruz-server", "/bin/false", "--max-memory-mib", "100"]);
    let mut body = person.vaas_policy(None);
    body["max_memory_mib"] = 101.into();
    host.door.post("/veracruz", &body).refused_at("policy-invalid", &[("/max_memory_mib", "out-of-range")]);
    body["max_memory_mib"] = 100.into();
    host.door.post("/veracruz", &body).refused(502, "instance-start-failed");
}

/// What a runtime would have died of costs no slot: the program of this service cannot even run.
fn v18_a_policy_is_checked_before_a_slot_is_spent(world: &World) {
    let host = Host::start(world, (30_500, 1), &["--veracruz-server", "/bin/false"]);
    let good = Person::new("participant").vaas_policy(Some("id"));
    let entry = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
    let other = Person::new("other").certificate;
    for (pointer, value, place, rule) in [
        ("/ciphersuite", json!("TLS-none"), "/ciphersuite", "unknown-ciphersuite"),
        ("/ciphersuite", json!("TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"), "/ciphersuite", "ciphersuite-not-tls13"),
        ("/execution_strategy", json!("Compilation"), "/execution_strategy", "unknown-strategy"),
        ("/identities/0/certificate", json!("junk"), "/identities/0/certificate", "bad-certificate"),
        (
            "/identities/0/file_rights/0/file_name",
            json!("/a/../b"),
            "/identities/0/file_rights/0/file_name",
            "bad-path",
        ),
        (
            "/identities/0/file_rights/0/rights",
            json!(1_u64 << 30),
            "/identities/0/file_rights/0/rights",
            "unknown-right",
        ),
        ("/file_hashes", json!([{"file_path": "/a", "hash": "xyz"}]), "/file_hashes/0/hash", "hash-length"),
        (
            "/programs",
            json!([{"program_file_name": "", "id": 0, "file_rights": [entry("/", 2)]}]),
            "/programs/0/program_file_name",
            "bad-path",
        ),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        host.door.post("/veracruz", &body).refused_at("policy-invalid", &[(place, rule)]);
    }
    let mut body = good.clone();
    let mut second = good["identities"][0].clone();
    second["certificate"] = other.into();
    body["identities"] = json!([good["identities"][0], second]);
    host.door.post("/veracruz", &body).refused_at("policy-invalid", &[("/identities/1/id", "duplicate-id")]);

    assert_eq!(listed(&host.door, "id"), []);
    let started = host.door.get("/metrics").text;
    assert!(!started.contains("code=\"instance-start-failed\""), "a program was started: {started}");
    // What can be known of `file_hashes` is known: without them there are none.
    let mut body = Person::new("participant").vaas_policy(None);
    body.as_object_mut().unwrap().remove("file_hashes");
    let made = world.vaas.post("/veracruz", &body).object(&["instance_hash", "policy"]);
    let policy: Value = serde_json::from_str(text(&made, "policy")).unwrap();
    assert_eq!(policy["file_hashes"], json!([]));
}

/// The date that is asked for is the policy's, 180 days (V5) are it otherwise, and it must be one of the calendar. That an
/// instance renews no certificate after it is asserted where the clock can be turned: the runtime's suite of sessions.
fn v19_an_expiry_that_is_asked_for_is_kept(world: &World) {
    let mut body = Person::new("participant").vaas_policy(None);
    let asked = json!({"day": 29, "hour": 23, "minute": 59, "month": 2, "year": 2096});
    body["enclave_cert_expiry"] = asked.clone();
    let made = world.vaas.post("/veracruz", &body).object(&["instance_hash", "policy"]);
    let policy: Value = serde_json::from_str(text(&made, "policy")).unwrap();
    assert_eq!(policy["enclave_cert_expiry"], asked);
    body["enclave_cert_expiry"]["year"] = 2095.into();
    let answer = world.vaas.post("/veracruz", &body);
    answer.refused(400, "policy-invalid");
    assert!(answer.text.contains("/enclave_cert_expiry") && answer.text.contains("bad-date"), "{}", answer.text);
}

//! Genuine documents against what a relying party expects.

use std::time::Duration as StdDuration;

use time::Duration;
use veracruz_attestation::nitro::{
    Anchors, DEFAULT_MAX_AGE, Expectation, ExpectationError, Genuine, MAX_CLOCK_SKEW, NoncePolicy, Refusal, Verified,
    authenticate, parse_unverified, verify,
};
use veracruz_attestation::{Measurements, Pcr};
use veracruz_policy::Platform;
use veracruz_tests::forge::{Draft, cbor};

use crate::adversarial::NOW;

type Pcrs = Vec<(Vec<u8>, Vec<u8>)>;

fn pcr(value: u8) -> Pcr {
    [value; 48].into()
}

/// The draft's own PCR0 to PCR2.
fn image() -> Measurements {
    Measurements::new([(0, pcr(1)), (1, pcr(2)), (2, pcr(3))]).unwrap()
}

fn expectation(accepted: Vec<Measurements>) -> Expectation {
    Expectation::new(accepted, NoncePolicy::Exactly(b"nonce".to_vec())).unwrap()
}

fn right() -> Expectation {
    expectation(vec![image()]).with_user_data(b"user data".to_vec())
}

fn appraise(change: &dyn Fn(&mut Draft), expectation: &Expectation, later: Duration) -> Result<Verified, Refusal> {
    let mut draft = Draft::new(NOW);
    change(&mut draft);
    let anchors = Anchors::insecure(&draft.chain.root_der).unwrap();
    verify(&draft.finish(), &anchors, NOW + later, expectation)
}

fn set_pcr(draft: &mut Draft, changes: &[(u64, Option<Vec<u8>>)]) {
    let mut pcrs: Pcrs = Draft::pcrs();
    for (index, value) in changes {
        let key = cbor::unsigned(*index);
        pcrs.retain(|(other, _)| *other != key);
        pcrs.extend(value.as_ref().map(|value| (key, cbor::bytes(value))));
    }
    draft.payload.set("pcrs", cbor::map(&pcrs));
}

fn zero_code(draft: &mut Draft) {
    set_pcr(draft, &[0, 1, 2].map(|index| (index, Some(vec![0; 48]))));
}

struct Case {
    name: &'static str,
    code: &'static str,
    change: fn(&mut Draft),
    expectation: Expectation,
    later: Duration,
}

fn case(name: &'static str, code: &'static str, change: fn(&mut Draft)) -> Case {
    Case { name, code, change, expectation: right(), later: Duration::ZERO }
}

impl Case {
    fn expecting(mut self, expectation: Expectation) -> Self {
        self.expectation = expectation;
        self
    }

    fn judged(mut self, later: Duration) -> Self {
        self.later = later;
        self
    }
}

fn skew() -> Duration {
    MAX_CLOCK_SKEW.try_into().unwrap()
}

fn max_age() -> Duration {
    DEFAULT_MAX_AGE.try_into().unwrap()
}

/// Timestamps after `NOW`, for documents from the future: certificates must be valid at `NOW` all the same.
fn ahead(draft: &mut Draft, by: Duration) {
    let milliseconds = (NOW + by).unix_timestamp_nanos() / 1_000_000;
    draft.payload.set("timestamp", cbor::unsigned(u64::try_from(milliseconds).unwrap()));
}

fn cases() -> Vec<Case> {
    let millisecond = Duration::milliseconds(1);
    let other = |index, value| Measurements::new([(0, pcr(1)), (index, pcr(value))]).unwrap();
    vec![
        case("one millisecond too old", "stale", |_| {}).judged(max_age() + millisecond),
        case("older than the caller allows", "stale", |_| {})
            .expecting(right().with_max_age(StdDuration::from_secs(1)))
            .judged(Duration::seconds(2)),
        case("one millisecond too far ahead", "from-the-future", |d| ahead(d, skew() + Duration::milliseconds(1))),
        case("debug mode", "debug", zero_code),
        case("none of PCR0 to 2 is shown", "debug", |d| set_pcr(d, &[(0, None), (1, None), (2, None)])),
        case("only zero ones of PCR0 to 2 are shown", "debug", |d| {
            set_pcr(d, &[(0, Some(vec![0; 48])), (1, None), (2, None)]);
        }),
        case("no nonce", "nonce-absent", |d| d.payload.set("nonce", cbor::null())),
        case("empty nonce", "nonce-mismatch", |d| d.payload.set("nonce", cbor::bytes(&[]))),
        case("another nonce", "nonce-mismatch", |d| d.payload.set("nonce", cbor::bytes(b"Nonce"))),
        case("a longer nonce", "nonce-mismatch", |d| d.payload.set("nonce", cbor::bytes(b"nonce."))),
        case("the nonce as user data", "nonce-absent", |d| {
            d.payload.set("user_data", cbor::bytes(b"nonce"));
            d.payload.set("nonce", cbor::null());
        }),
        case("no user data", "user-data-absent", |d| d.payload.set("user_data", cbor::null())),
        case("other user data", "user-data-mismatch", |d| d.payload.set("user_data", cbor::bytes(b"user datA"))),
        case("the user data as public key", "user-data-absent", |d| {
            d.payload.set("public_key", cbor::bytes(b"user data"));
            d.payload.set("user_data", cbor::null());
        }),
        case("PCR0 of other code", "pcr-mismatch", |d| set_pcr(d, &[(0, Some(vec![9; 48]))])),
        case("PCR0 differs in the last byte", "pcr-mismatch", |d| {
            let mut value = vec![1; 48];
            value[47] = 0;
            set_pcr(d, &[(0, Some(value))]);
        }),
        case("PCR2 of other code", "pcr-mismatch", |d| set_pcr(d, &[(2, Some(vec![9; 48]))])),
        case("PCR1 is not shown", "pcr-absent", |d| set_pcr(d, &[(1, None)])),
        case("PCR16 is not shown", "pcr-absent", |_| {}).expecting(expectation(vec![other(16, 5)])),
        case("PCR3 is zero", "pcr-mismatch", |_| {}).expecting(expectation(vec![other(3, 5)])),
        case("none of two accepted sets", "pcr-mismatch", |_| {})
            .expecting(expectation(vec![other(1, 9), other(2, 9)])),
        case("PCR4 of another instance", "instance-mismatch", |d| set_pcr(d, &[(4, Some(vec![9; 48]))])),
        case("module id of another instance", "instance-mismatch", |d| {
            d.payload.set("module_id", cbor::text("i-0123456789abcdef1-enc0123456789abcdef"));
        }),
    ]
}

/// The codes of this table, for the check that every code has a case.
pub(crate) fn codes() -> Vec<&'static str> {
    cases().into_iter().map(|case| case.code).collect()
}

#[test]
fn a_document_that_is_all_that_was_expected_is_verified() {
    let verified = appraise(&|_| {}, &right(), Duration::ZERO).unwrap();
    assert_eq!(verified.platform(), Platform::Simulated, "an anchor that was given is never Nitro");
    assert_eq!(verified.matched(), Some(&image()));
    assert_eq!(verified.nonce(), Some(b"nonce".as_slice()));
    assert_eq!(verified.user_data(), Some(b"user data".as_slice()));
    assert_eq!(verified.public_key(), None);
    assert_eq!(verified.timestamp(), NOW);
    assert_eq!(verified.module_id(), "i-0123456789abcdef0-enc0123456789abcdef");
    assert_eq!(verified.pcrs().len(), 16);
    assert!(!verified.is_debug());
}

#[test]
fn each_difference_is_refused_with_its_code() {
    for Case { name, code, change, expectation, later } in cases() {
        let refusal = appraise(&change, &expectation, later).expect_err(name);
        assert_eq!(refusal.code(), code, "{name}: {refusal}");
    }
}

#[test]
fn the_bounds_of_time_are_inclusive() {
    assert!(appraise(&|_| {}, &right(), max_age()).is_ok());
    assert!(appraise(&|d| ahead(d, skew()), &right(), Duration::ZERO).is_ok());
}

#[test]
fn any_one_of_several_accepted_sets_will_do() {
    let other = Measurements::new([(0, pcr(9))]).unwrap();
    for accepted in [vec![other.clone(), image()], vec![image(), other.clone()]] {
        assert_eq!(appraise(&|_| {}, &expectation(accepted), Duration::ZERO).unwrap().matched(), Some(&image()));
    }
}

#[test]
fn an_instance_that_cannot_be_compared_is_said_so_and_not_refused() {
    for change in [(|d: &mut Draft| d.payload.set("module_id", cbor::text("another form"))) as fn(&mut Draft), |d| {
        set_pcr(d, &[(4, None)])
    }] {
        let verified = appraise(&change, &right(), Duration::ZERO).unwrap();
        assert!(verified.explain().to_string().contains("PCR4 could not be compared"));
    }
}

#[test]
fn debug_mode_that_is_dangerously_allowed_matches_no_measurement_and_says_so() {
    let expectation = right().dangerous_allow_debug();
    let verified = appraise(&zero_code, &expectation, Duration::ZERO).unwrap();
    assert!(verified.is_debug());
    assert_eq!(verified.matched(), None);
    let words = verified.explain().to_string();
    assert!(words.contains("Debug mode was allowed") && words.contains("No measurement was compared"), "{words}");
}

#[test]
fn debug_mode_that_is_dangerously_allowed_still_compares_the_other_registers() {
    let set = Measurements::new([(0, pcr(1)), (16, pcr(5))]).unwrap();
    let expectation = expectation(vec![set]).dangerous_allow_debug();
    assert_eq!(appraise(&zero_code, &expectation, Duration::ZERO).unwrap_err().code(), "pcr-absent");
    let with_pcr16 = |d: &mut Draft| {
        set_pcr(d, &[(0, Some(vec![0; 48])), (1, Some(vec![0; 48])), (2, Some(vec![0; 48])), (16, Some(vec![5; 48]))]);
    };
    assert!(appraise(&with_pcr16, &expectation, Duration::ZERO).is_ok());
}

#[test]
fn allowing_debug_mode_does_not_allow_other_code_outside_debug_mode() {
    let expectation = expectation(vec![Measurements::new([(0, pcr(9))]).unwrap()]).dangerous_allow_debug();
    assert_eq!(appraise(&|_| {}, &expectation, Duration::ZERO).unwrap_err().code(), "pcr-mismatch");
}

#[test]
fn an_expectation_without_measurements_or_with_an_impossible_nonce_cannot_be_built() {
    let error = |accepted, nonce| Expectation::new(accepted, nonce).unwrap_err();
    assert_eq!(error(vec![], NoncePolicy::DangerouslyUnchecked), ExpectationError::NoMeasurements);
    assert_eq!(error(vec![image()], NoncePolicy::Exactly(vec![])), ExpectationError::NonceLength(0));
    assert_eq!(error(vec![image()], NoncePolicy::Exactly(vec![0; 1025])), ExpectationError::NonceLength(1025));
    assert!(Expectation::new(vec![image()], NoncePolicy::Exactly(vec![0; 1024])).is_ok());
}

#[test]
fn an_unchecked_nonce_and_user_data_are_named_in_the_explanation() {
    let unchecked = Expectation::new(vec![image()], NoncePolicy::DangerouslyUnchecked).unwrap();
    let words = appraise(&|_| {}, &unchecked, Duration::ZERO).unwrap().explain();
    let open = words.not_checked.join("\n");
    for sentence in ["nonce was not compared", "user data was not compared", "Whose machine it is", "there is none"] {
        assert!(open.contains(sentence), "{sentence} in {open}");
    }
    assert!(words.checked.join("\n").contains("INSECURE root"));
}

fn genuine() -> Genuine {
    let draft = Draft::new(NOW);
    let anchors = Anchors::insecure(&draft.chain.root_der).unwrap();
    authenticate(&draft.finish(), &anchors, NOW).unwrap()
}

#[test]
fn an_explanation_of_single_checks_names_each_and_what_is_left() {
    let mut genuine = genuine();
    let before = genuine.explain();
    assert!(before.not_checked.iter().any(|s| s.contains("No measurement was compared")));
    assert!(before.not_checked.iter().any(|s| s.contains("Debug mode was not refused")));
    assert!(before.not_checked.iter().any(|s| s.contains("age was not checked")));

    genuine.refuse_debug().unwrap();
    genuine.check_fresh(NOW, StdDuration::from_secs(60)).unwrap();
    genuine.check_nonce(b"nonce").unwrap();
    genuine.check_user_data(b"user data").unwrap();
    genuine.check_pcrs(&image()).unwrap();
    genuine.check_instance().unwrap();
    let after = genuine.explain();
    let checked = after.checked.join("\n");
    for sentence in
        ["at most 60 s", "not run in debug", "nonce is the", "user data is the", "PCR0, PCR1, PCR2", "PCR4 is the"]
    {
        assert!(checked.contains(sentence), "{sentence} in {checked}");
    }
    assert!(after.pcrs.iter().all(|register| register.compared == (register.index <= 2)));
}

#[test]
fn a_single_check_that_fails_is_not_recorded_as_made() {
    let mut genuine = genuine();
    genuine.check_pcr(0, &pcr(9)).unwrap_err();
    genuine.check_nonce(b"other").unwrap_err();
    genuine.check_user_data(b"other").unwrap_err();
    genuine.check_fresh(NOW + Duration::DAY, StdDuration::from_secs(60)).unwrap_err();
    assert_eq!(genuine.explain().checked.len(), 2, "form and authenticity only");
}

#[test]
fn what_is_only_read_is_explained_as_unproven_also_where_certificates_do_not_parse() {
    let mut draft = Draft::new(NOW);
    draft.cabundle = Some(vec![b"no certificate".to_vec()]);
    draft.payload.set("module_id", cbor::text(&format!("\u{1b}]0;title{}", "x".repeat(200))));
    let explanation = parse_unverified(&draft.finish()).unwrap().explain();
    let words = explanation.to_string();
    assert!(words.contains("UNVERIFIED") && words.contains("anyone can have written this"), "{words}");
    assert!(words.contains("does not parse"), "{words}");
    assert!(!words.contains('\u{1b}') && !words.contains(&"x".repeat(100)), "shown bounded and escaped: {words}");

    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["standing"], "unverified");
    assert_eq!(json["platform"], serde_json::Value::Null);
    assert_eq!(json["timestamp"], "2026-11-22T12:00:00.346Z");
    assert_eq!(json["pcrs"][4]["meaning"], "the id of the parent instance");
    assert_eq!(json["nonce"]["hex"], hex::encode("nonce"));
    assert_eq!(json["certificates"].as_array().unwrap().len(), 2);
}

#[test]
fn what_verifies_under_a_test_root_fails_under_the_root_of_aws() {
    let draft = Draft::new(NOW);
    let refusal = verify(&draft.finish(), &Anchors::aws(), NOW, &right()).unwrap_err();
    assert_eq!(refusal, Refusal::Root { platform: Platform::Nitro });
}

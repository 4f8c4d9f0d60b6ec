//! What an instance proves of itself: its certificate, from whichever source, and how it is kept valid.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use time::OffsetDateTime;
use veracruz_attestation::attester::Nsm as _;
use veracruz_attestation::certificate::{Authority, VerifiedRequest, oid};
use veracruz_attestation::measure::{ProgramMeasurement, runtime_hash};
use veracruz_attestation::nitro::{Anchors, Expectation, NoncePolicy, authenticate};
use veracruz_attestation::{
    Binding, Measurements, NO_CHANNEL, POLICY_PCR, Role, expected_policy_pcr, policy_pcr_extension,
};
use veracruz_policy::{FullPolicy, Platform};
use veracruz_runtime::{Applicant, BoxFuture, CertificateSource, Clock, Runtime, SourceError};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::people::Person;
use crate::world::{RUNTIME, Setup, World, module, policy};

#[tokio::test]
async fn a_self_signed_certificate_carries_evidence_of_key_policy_and_code() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let client = world.connect(&alice).await;
    let chain = client.server_certificates();
    assert_eq!(chain.len(), 1);
    let (_, leaf) = X509Certificate::from_der(&chain[0]).unwrap();
    leaf.verify_signature(None).expect("signed with its own key");
    assert_eq!(extension(&leaf, oid::RUNTIME_HASH), runtime_hash(&ProgramMeasurement::of(RUNTIME).pcr()));
    let subject = leaf.subject().to_string();
    assert!(subject.contains("VeracruzCompute") && subject.contains("INSECURE SIMULATED"), "{subject}");
    let stapled = extension(&leaf, oid::CONCEPTUAL_MESSAGE);
    let evidence = find_document(stapled);
    verify(&world, evidence, leaf.public_key().raw, Role::Csr, None, &NO_CHANNEL);
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn an_authority_that_verifies_evidence_certifies_the_instance() {
    let alice = Person::ordinary();
    let mut setup = Setup::of(policy(&[&alice], |builder| builder));
    let authority = Arc::new(TestAuthority::new());
    setup.source = Some(authority.clone());
    let world = setup.start().await.unwrap();
    let client = world.connect(&alice).await;
    assert_eq!(client.server_certificates()[1], authority.authority.certificate_der());
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn an_instance_without_a_certificate_does_not_start() {
    let alice = Person::ordinary();
    let stranger = Person::ordinary().der;
    for (code, answer) in [
        ("certificate-source", Err("the service is down")),
        ("chain-empty", Ok(vec![])),
        ("chain-malformed", Ok(vec![vec![0x30, 0]])),
        ("chain-of-other-key", Ok(vec![stranger.clone()])),
        ("chain-too-large", Ok(vec![stranger.clone(); 5])),
    ] {
        let mut setup = Setup::of(policy(&[&alice], |builder| builder));
        setup.source = Some(Arc::new(Always(answer)));
        let error = setup.start().await.err().unwrap();
        assert_eq!(error.code(), code, "{error}");
    }
}

#[tokio::test]
async fn a_module_that_was_used_before_is_refused() {
    let alice = Person::ordinary();
    for (code, spoil) in [("policy-register-in-use", false), ("policy-not-bound", true)] {
        let (_, nsm) = module();
        nsm.extend_pcr(POLICY_PCR, &policy_pcr_extension(b"another policy")).unwrap();
        if spoil {
            nsm.lock_pcrs(32).unwrap();
        }
        let builder = Runtime::builder(policy(&[&alice], |builder| builder));
        let error = builder.start(Arc::new(nsm), Platform::Simulated).await.err().unwrap();
        assert_eq!(error.code(), code, "{error}");
    }
}

/// Time is virtual: it passes at once when nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn the_certificate_is_renewed_before_it_ends_and_failures_show() {
    let alice = Person::ordinary();
    let mut setup = Setup::of(policy(&[&alice], |builder| builder));
    let source = Arc::new(FailsAtFirstRenewals { calls: AtomicU32::new(0), failures: 2 });
    setup.source = Some(source);
    let clock = Arc::new(TokioClock::new());
    setup.clock = Some(clock.clone());
    let mut world = setup.start().await.unwrap();
    let first = world.certificate.borrow().not_after;
    let failed = world.certificate.wait_for(|status| status.failure.is_some()).await.unwrap().clone();
    assert!(clock.wall() < first, "it is tried before the end");
    assert_eq!(failed.not_after, first, "the old one stays in use");
    assert!(failed.failure.unwrap().reason.contains("the service is down"));
    let renewed = world.certificate.wait_for(|status| status.renewals == 1).await.unwrap().clone();
    assert!(renewed.not_after > first && renewed.failure.is_none());
    let client = world.connect(&alice).await;
    let chain = client.server_certificates();
    let (_, leaf) = X509Certificate::from_der(&chain[0]).unwrap();
    assert_eq!(leaf.validity().not_after.to_datetime(), renewed.not_after, "new sessions see the new one");
    drop(client);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_renewed_after_the_policys_expiry() {
    let alice = Person::ordinary();
    let text = policy(&[&alice], |builder| builder).text().replace("\"year\": 2099", "\"year\": 2020");
    let mut setup = Setup::of(FullPolicy::parse(&text).unwrap());
    setup.clock = Some(Arc::new(TokioClock::new()));
    let world = setup.start().await.unwrap();
    let mut certificate = world.certificate.clone();
    // The first certificate lives for an hour.
    let changed = tokio::time::timeout(std::time::Duration::from_secs(3 * 3600), certificate.changed()).await;
    assert!(changed.is_err(), "nobody even tries: {:?}", certificate.borrow());
    world.stop().await;
}

/// Verifies evidence as a client does: root, freshness, code, policy, and what it is bound to.
pub(crate) fn verify(
    world: &World,
    evidence: &[u8],
    spki_der: &[u8],
    role: Role,
    nonce: Option<[u8; 32]>,
    channel: &[u8; 32],
) {
    let now = OffsetDateTime::now_utc();
    let anchors = Anchors::insecure(world.root.root_der()).unwrap();
    let genuine = authenticate(evidence, &anchors, now).unwrap();
    let nonce = nonce.unwrap_or_else(|| genuine.nonce().unwrap().try_into().unwrap());
    let binding = Binding {
        platform: Platform::Simulated,
        role,
        spki_der,
        policy_hash: &world.policy.hash(),
        nonce: &nonce,
        channel,
    };
    let code = ProgramMeasurement::of(RUNTIME).pcr();
    let registers = [(0, code), (1, code), (2, code), (POLICY_PCR, pcr16(&world.policy))];
    let accepted = vec![Measurements::new(registers).unwrap()];
    let expectation = Expectation::new(accepted, NoncePolicy::Exactly(nonce.to_vec())).unwrap();
    genuine.appraise(&expectation.with_user_data(binding.bind().to_vec()), now).unwrap();
}

fn pcr16(policy: &FullPolicy) -> veracruz_attestation::Pcr {
    expected_policy_pcr(policy.text().as_bytes())
}

fn extension<'c>(certificate: &'c X509Certificate<'_>, arcs: &[u64]) -> &'c [u8] {
    let is = |found: &&x509_parser::extensions::X509Extension<'_>| {
        found.oid.iter().is_some_and(|found| found.eq(arcs.iter().copied()))
    };
    certificate.extensions().iter().find(is).expect("the extension is there").value
}

/// The document inside the CBOR record of a conceptual message: what follows its type.
fn find_document(stapled: &[u8]) -> &[u8] {
    let head = stapled.windows(3).position(|window| window[0] == 0x59 && window[1] >= 4).unwrap();
    let length = usize::from(u16::from_be_bytes([stapled[head + 1], stapled[head + 2]]));
    &stapled[head + 3..head + 3 + length]
}

/// Certifies whatever key asks, without judging its evidence: that is tested elsewhere.
struct TestAuthority {
    authority: Authority,
}

impl TestAuthority {
    fn new() -> Self {
        let now = OffsetDateTime::now_utc();
        TestAuthority { authority: Authority::generate(now, time::Duration::DAY).unwrap() }
    }
}

impl CertificateSource for TestAuthority {
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async {
            let application = applicant.apply([9; 32]).await?;
            let request = VerifiedRequest::check(&application.csr)?;
            let now = OffsetDateTime::now_utc();
            let pcr = ProgramMeasurement::of(RUNTIME).pcr();
            let claims = veracruz_attestation::certificate::AttestationClaims {
                platform: application.platform,
                pcr0: pcr,
                pcr1: pcr,
                pcr2: pcr,
                pcr3: None,
                pcr16: None,
                policy_hash: application.policy_hash,
                module_id: "i-0-enc0".to_owned(),
                evidence_sha384: [0; 48],
                issued_at: now,
            };
            let result = veracruz_attestation::certificate::AttestationResult {
                claims,
                instance: "instance-1".parse()?,
                valid_until: now + time::Duration::HOUR,
            };
            let leaf = self.authority.issue(&request, &result, None, now)?;
            Ok(vec![leaf, self.authority.certificate_der().to_vec()])
        })
    }
}

/// Gives the same answer to everybody.
struct Always(Result<Vec<Vec<u8>>, &'static str>);

impl CertificateSource for Always {
    fn certify<'a>(&'a self, _: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async { Ok(self.0.clone()?) })
    }
}

/// Works at first, then fails so many times, then works again.
struct FailsAtFirstRenewals {
    calls: AtomicU32,
    failures: u32,
}

impl CertificateSource for FailsAtFirstRenewals {
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            if (1..=self.failures).contains(&call) {
                return Err("the service is down".into());
            }
            Ok(vec![applicant.self_signed().await?])
        })
    }
}

/// The wall clock of virtual time.
pub(crate) struct TokioClock {
    wall: OffsetDateTime,
    start: tokio::time::Instant,
}

impl TokioClock {
    pub(crate) fn new() -> Self {
        TokioClock { wall: OffsetDateTime::now_utc(), start: tokio::time::Instant::now() }
    }
}

impl Clock for TokioClock {
    fn wall(&self) -> OffsetDateTime {
        self.wall + self.start.elapsed()
    }

    fn monotonic(&self) -> std::time::Duration {
        self.start.elapsed()
    }
}

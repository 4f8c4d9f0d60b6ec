//! A simulated enclave that asked for a certificate, or wrote one itself; and what it can be made to say.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CustomExtension, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use sha2::{Digest as _, Sha384};
use time::Duration;
use veracruz_attestation::attester::{AttestationRequest, BootMeasurements, Nsm as _, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::certificate::{
    AttestationClaims, AttestationResult, Authority, InstanceKey, VerifiedRequest, oid,
};
use veracruz_attestation::nitro::parse_unverified;
use veracruz_attestation::{Binding, NO_CHANNEL, POLICY_PCR, Role, policy_pcr_extension};
use veracruz_policy::{Platform, Sha256Digest};

use crate::world::{NOW, World};

/// An enclave and the key that it made.
pub(crate) struct Instance {
    pub(crate) nsm: Arc<SimulatedNsm>,
    pub(crate) key: InstanceKey,
    pub(crate) policy: Sha256Digest,
    /// As sent in the handshake, its own certificate first.
    pub(crate) chain: Vec<Vec<u8>>,
}

impl Instance {
    /// Starts `runtime` under the policy, without a certificate.
    pub(crate) fn start(world: &World, runtime: &[u8], policy: &str) -> Self {
        Instance::under(&world.root, runtime, policy)
    }

    pub(crate) fn under(root: &Arc<SimulatedRoot>, runtime: &[u8], policy: &str) -> Self {
        let nsm = enclave(root, runtime, policy, NOW);
        Instance {
            nsm: Arc::new(nsm),
            key: InstanceKey::generate().unwrap(),
            policy: Sha256Digest::of(policy.as_bytes()),
            chain: Vec::new(),
        }
    }

    /// With a certificate of the world's attestation service.
    pub(crate) fn issued(self, world: &World) -> Self {
        self.issued_by(&world.authority, true)
    }

    /// With a certificate of `authority`, with or without the evidence in it.
    pub(crate) fn issued_by(mut self, authority: &Authority, stapled: bool) -> Self {
        let request = VerifiedRequest::check(&self.key.request().unwrap()).unwrap();
        let evidence = self.evidence(Role::Csr, &[7; 32], &NO_CHANNEL);
        let claims = self.claims(&evidence);
        let instance = "instance-1".parse().unwrap();
        let result = AttestationResult { claims, instance, valid_until: NOW + Duration::hours(3) };
        let leaf = authority.issue(&request, &result, stapled.then_some(&evidence), NOW).unwrap();
        self.chain = vec![leaf, authority.certificate_der().to_vec()];
        self
    }

    /// With a certificate as Veracruz's attestation service issues it: the hash of the runtime, and nothing else of ours.
    pub(crate) fn issued_as_of_old(mut self, service: &OldService, runtime_hash: &[u8; 32]) -> Self {
        let key = KeyPair::try_from(self.key.private_key_pkcs8().as_slice()).unwrap();
        let mut params = CertificateParams::new(vec!["ComputeEnclave.dev".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (NOW, NOW + Duration::days(1));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
        params.custom_extensions = vec![CustomExtension::from_oid_content(oid::RUNTIME_HASH, runtime_hash.to_vec())];
        self.chain =
            vec![params.signed_by(&key, &service.issuer).unwrap().der().to_vec(), service.certificate.der().to_vec()];
        self
    }

    /// With a certificate that it signed itself, with or without evidence in it.
    pub(crate) fn self_signed(mut self, with_evidence: bool) -> Self {
        let key = KeyPair::try_from(self.key.private_key_pkcs8().as_slice()).unwrap();
        let mut params = CertificateParams::new(vec!["instance-1".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (NOW, NOW + Duration::HOUR);
        if with_evidence {
            let message = stapled(&self.evidence(Role::Csr, &[7; 32], &NO_CHANNEL));
            params.custom_extensions = vec![CustomExtension::from_oid_content(oid::CONCEPTUAL_MESSAGE, message)];
        }
        self.chain = vec![params.self_signed(&key).unwrap().der().to_vec()];
        self
    }

    /// Evidence of this enclave for its key and policy.
    pub(crate) fn evidence(&self, role: Role, nonce: &[u8; 32], channel: &[u8; 32]) -> Vec<u8> {
        self.evidence_for(&self.key.spki_der(), &self.policy, role, nonce, channel)
    }

    /// Evidence of this enclave for whatever it is told to put in.
    pub(crate) fn evidence_for(
        &self,
        spki_der: &[u8],
        policy_hash: &Sha256Digest,
        role: Role,
        nonce: &[u8; 32],
        channel: &[u8; 32],
    ) -> Vec<u8> {
        let binding = Binding { platform: Platform::Simulated, role, spki_der, policy_hash, nonce, channel };
        let user_data = Some(binding.bind().to_vec());
        self.nsm.attest(&AttestationRequest { user_data, nonce: Some(nonce.to_vec()), public_key: None }).unwrap()
    }

    pub(crate) fn claims(&self, evidence: &[u8]) -> AttestationClaims {
        let document = parse_unverified(evidence).unwrap();
        let pcr = |index| document.pcrs()[&index];
        AttestationClaims {
            platform: Platform::Simulated,
            pcr0: pcr(0),
            pcr1: pcr(1),
            pcr2: pcr(2),
            pcr3: None,
            pcr16: Some(pcr(POLICY_PCR)),
            policy_hash: self.policy,
            module_id: document.module_id().to_owned(),
            evidence_sha384: Sha384::digest(evidence).into(),
            issued_at: NOW,
        }
    }
}

/// An attestation service of Veracruz.
pub(crate) struct OldService {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: rcgen::Certificate,
}

impl OldService {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = (NOW - Duration::DAY, NOW + Duration::days(365));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        OldService { issuer: Issuer::new(params, key), certificate }
    }
}

/// An enclave that started `runtime` and extended `policy`, as of a time.
pub(crate) fn enclave(
    root: &Arc<SimulatedRoot>,
    runtime: &[u8],
    policy: &str,
    now: time::OffsetDateTime,
) -> SimulatedNsm {
    let nsm = SimulatedNsm::under_root(root.clone(), BootMeasurements::of_program(runtime), move || now).unwrap();
    nsm.extend_pcr(POLICY_PCR, &policy_pcr_extension(policy.as_bytes())).unwrap();
    nsm.lock_pcrs(32).unwrap();
    nsm
}

/// The value of the extension: a DER OCTET STRING around the CBOR record of type, evidence, and the bit for evidence.
fn stapled(evidence: &[u8]) -> Vec<u8> {
    const TYPE: &str = "application/vnd.veracruz.simulated-evidence";
    let length = |bytes: usize| u16::try_from(bytes).unwrap().to_be_bytes();
    let text = [&[0x78, TYPE.len() as u8], TYPE.as_bytes()].concat();
    let record = [&[0x83], text.as_slice(), &[0x59], &length(evidence.len()), evidence, &[4]].concat();
    [&[0x04, 0x82], length(record.len()).as_slice(), &record].concat()
}

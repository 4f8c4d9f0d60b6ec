//! The certificates between the root and a document, with the lifetimes, path lengths and key usages of AWS's own.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, SigningKey,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::root::{SimulatedError, SimulatedRoot};

/// The leaf starts this long before it is made and lives three hours from then, as AWS's do.
const LEAF_BACKDATED: Duration = Duration::seconds(3);
const LEAF_LIFETIME: Duration = Duration::hours(3);

/// How long a leaf signs. AWS's were seen to sign for 25 minutes.
const LEAF_REUSE: Duration = Duration::minutes(30);

/// KeyUsage digitalSignature as a bit string. AWS's leaves carry the extension without marking it critical, which rcgen's
/// own field would.
const KEY_USAGE_OID: &[u64] = &[2, 5, 29, 15];
const DIGITAL_SIGNATURE: &[u8] = &[0x03, 0x02, 0x07, 0x80];

/// One set of certificates and the key at its end.
pub(super) struct Chain {
    issued: OffsetDateTime,
    pub(super) leaf_key: EcdsaKeyPair,
    pub(super) leaf_der: Vec<u8>,
    /// The root first, as in `cabundle`.
    pub(super) bundle: Vec<Vec<u8>>,
}

/// An issuing certificate below the root: name, lifetime, how much of it is over, and how many CAs may follow.
struct Level {
    name: &'static str,
    lifetime: Duration,
    age: Duration,
    path_length: u8,
}

const LEVELS: [Level; 3] = [
    Level {
        name: "regional",
        lifetime: Duration::days(20),
        age: Duration::days(1),
        path_length: 2,
    },
    Level {
        name: "zonal",
        lifetime: Duration::days(6),
        age: Duration::hours(12),
        path_length: 1,
    },
    Level {
        name: "instance",
        lifetime: Duration::days(1),
        age: Duration::hours(1),
        path_length: 0,
    },
];

impl Chain {
    /// Issues all certificates below the root anew.
    pub(super) fn issue(root: &SimulatedRoot, module_id: &str, now: OffsetDateTime) -> Result<Self, SimulatedError> {
        let now = whole_second(now);
        let mut bundle = vec![root.root_der().to_vec()];
        let (regional, der) = issue_ca(&root.issuer()?, &LEVELS[0], now)?;
        bundle.push(der);
        let (zonal, der) = issue_ca(&regional, &LEVELS[1], now)?;
        bundle.push(der);
        let (instance, der) = issue_ca(&zonal, &LEVELS[2], now)?;
        bundle.push(der);

        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let leaf_der = leaf_params(module_id, now).signed_by(&key, &instance)?.der().to_vec();
        let pkcs8 = Zeroizing::new(key.serialize_der());
        let leaf_key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &pkcs8);
        let leaf_key = leaf_key.map_err(|_| SimulatedError::Key)?;
        Ok(Chain {
            issued: now,
            leaf_key,
            leaf_der,
            bundle,
        })
    }

    /// Whether the leaf may sign at `now`; not when the clock was set back before it.
    pub(super) fn serves(&self, now: OffsetDateTime) -> bool {
        now >= self.issued && now - self.issued <= LEAF_REUSE
    }
}

fn issue_ca(
    issuer: &Issuer<'_, impl SigningKey>,
    level: &Level,
    now: OffsetDateTime,
) -> Result<(Issuer<'static, KeyPair>, Vec<u8>), SimulatedError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
    let mut params = named(format!("{}.simulated.INSECURE", level.name));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(level.path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.use_authority_key_identifier_extension = true;
    params.not_before = now - level.age;
    params.not_after = now - level.age + level.lifetime;
    let der = params.signed_by(&key, issuer)?.der().to_vec();
    Ok((Issuer::new(params, key), der))
}

fn leaf_params(module_id: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = named(format!("{module_id}.simulated.INSECURE"));
    params.is_ca = IsCa::ExplicitNoCa;
    params.custom_extensions = vec![CustomExtension::from_oid_content(
        KEY_USAGE_OID,
        DIGITAL_SIGNATURE.to_vec(),
    )];
    params.not_before = now - LEAF_BACKDATED;
    params.not_after = now + LEAF_LIFETIME;
    params
}

fn named(common_name: String) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "INSECURE simulated attester");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// Certificates hold whole seconds; a fraction would make them start after the document.
fn whole_second(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(0).unwrap_or(at)
}

//! `veracruz identity`: one command instead of seven of openssl.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose, SignatureAlgorithm};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use veracruz_policy::Certificate;

use crate::files::{Access, write_new};
use crate::output::{Answer, WrongUse};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a new key and a self-signed certificate for it.
    ///
    /// The certificate goes into policies; the key stays with you and is never shown.
    New(New),
}

#[derive(Args)]
pub(crate) struct New {
    /// Who it is for: the certificate's common name, and the first part of the files' names.
    name: String,
    /// Where the certificate goes [default: NAME.cert.pem].
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Where the private key goes, readable by you alone [default: NAME.key.pem].
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Kind of the key.
    #[arg(long, value_enum, default_value_t = Algorithm::P256)]
    algorithm: Algorithm,
    /// Days until the certificate expires.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// Make a certificate that may sign others (CA:TRUE), as an attestation service needs.
    #[arg(long)]
    authority: bool,
    /// Replace files that exist.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Algorithm {
    P256,
    P384,
    Ed25519,
    Rsa2048,
}

impl Algorithm {
    fn signature(self) -> &'static SignatureAlgorithm {
        match self {
            Algorithm::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Algorithm::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Algorithm::Ed25519 => &rcgen::PKCS_ED25519,
            Algorithm::Rsa2048 => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

pub(crate) fn run(command: Command) -> Result<Answer, WrongUse> {
    let Command::New(new) = command;
    let (cert, key) = new.paths()?;
    let pair = KeyPair::generate_for(new.algorithm.signature()).context("cannot make a key")?;
    let certificate = new.certificate(&pair)?;
    // The key first: a certificate without its key is of no use, a key without a certificate is not lost.
    write_new(&key, pair.serialize_pem().as_bytes(), Access::OwnerOnly, new.force)?;
    write_new(&cert, format!("{}\n", certificate.to_pem()).as_bytes(), Access::Anyone, new.force)?;
    let fingerprint = certificate.fingerprint();
    let (cert, key) = (cert.display(), key.display());
    let words = format!(
        "Certificate: {cert} ({}, {} days)\nPrivate key: {key} (keep it to yourself)\nSHA-256 of the certificate: {fingerprint}",
        certificate.key(),
        new.days
    );
    let json = json!({
        "certificate": cert.to_string(), "key": key.to_string(), "sha256": fingerprint, "days": new.days,
    });
    Ok(Answer::accepted(words, json))
}

impl New {
    fn paths(&self) -> anyhow::Result<(PathBuf, PathBuf)> {
        let file = |given: &Option<PathBuf>, kind: &str| {
            given.clone().unwrap_or_else(|| PathBuf::from(format!("{}.{kind}.pem", self.name)))
        };
        let (cert, key) = (file(&self.cert, "cert"), file(&self.key, "key"));
        for path in [&cert, &key] {
            anyhow::ensure!(
                self.force || !path.exists(),
                "{} exists; choose another name, or say --force",
                path.display()
            );
        }
        anyhow::ensure!(cert != key, "certificate and key cannot be the same file");
        anyhow::ensure!(
            Path::new(&self.name).components().count() == 1 || (self.cert.is_some() && self.key.is_some()),
            "the name {:?} is no file name; say --cert and --key",
            self.name
        );
        Ok((cert, key))
    }

    /// The certificate, in the form that policies carry: whatever made it must accept it too.
    fn certificate(&self, pair: &KeyPair) -> anyhow::Result<Certificate> {
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, &self.name);
        // Clocks differ; a certificate that is valid a little later than now would be refused at once.
        params.not_before = now - Duration::minutes(5);
        params.not_after = now + Duration::days(self.days.into());
        if self.authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }
        let signed = params.self_signed(pair).context("cannot sign the certificate")?;
        Certificate::from_pem(&signed.pem()).context("the new certificate is not usable in policies")
    }
}

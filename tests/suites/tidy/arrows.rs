//! Which crate may use which, held against what cargo resolves.
//!
//! Two tables, the same as in `docs/ARCHITECTURE.md`: [`ARROWS`] for the project's own crates, [`REACH`] for what must
//! not be found anywhere below a crate. Only normal dependencies count; what tests use is free.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, ensure};
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::tree::root;

/// A crate of the project and those of the project's crates that it may name in `[dependencies]`.
const ARROWS: &[(&str, &[&str])] = &[
    ("veracruz-policy", &[]),
    ("veracruz-attestation", &["veracruz-policy", "veracruz-rest"]),
    ("veracruz-protocol", &["veracruz-policy"]),
    ("veracruz-rest", &["veracruz-policy"]),
    ("veracruz-runtime", &["veracruz-policy", "veracruz-protocol", "veracruz-attestation"]),
    ("veracruz-client", &["veracruz-policy", "veracruz-protocol", "veracruz-attestation", "veracruz-rest"]),
    ("vaas-core", &["veracruz-policy", "veracruz-rest"]),
    ("ccfaas-core", &["veracruz-policy", "veracruz-rest", "veracruz-client"]),
    ("s3-app-core", &["veracruz-policy", "veracruz-rest", "veracruz-client"]),
    ("veracruz-serve", &["veracruz-rest"]),
    (
        "veracruz-cli",
        &[
            "veracruz-policy",
            "veracruz-attestation",
            "veracruz-runtime",
            "veracruz-client",
            "veracruz-rest",
            "veracruz-serve",
            "vaas-core",
            "ccfaas-core",
            "s3-app-core",
        ],
    ),
    ("proxy-attestation-server", &["veracruz-attestation", "veracruz-serve"]),
    ("veracruz-client-cli", &["veracruz-policy", "veracruz-client", "veracruz-attestation"]),
    ("veracruz-server", &["veracruz-policy", "veracruz-attestation", "veracruz-runtime", "veracruz-serve"]),
    ("veracruz-runtime-nitro", &["veracruz-policy", "veracruz-attestation", "veracruz-runtime", "veracruz-serve"]),
    ("vaas-server", &["veracruz-policy", "veracruz-attestation", "veracruz-serve", "vaas-core"]),
    ("ccfaas-server", &["veracruz-policy", "veracruz-client", "veracruz-serve", "ccfaas-core"]),
    ("s3-app", &["veracruz-client", "veracruz-serve", "s3-app-core"]),
    ("i-poc", &["veracruz-policy", "veracruz-client"]),
    ("veracruz-tests", &["veracruz-policy", "veracruz-attestation", "veracruz-serve"]),
];

/// What one way of building a crate must not reach, at any depth.
pub(crate) struct Reach {
    package: &'static str,
    /// Features, as cargo's command line takes them.
    features: &'static [&'static str],
    forbidden: &'static [&'static [&'static str]],
}

pub(crate) const REACH: &[Reach] = &[
    reach(
        "veracruz-policy",
        &["--all-features"],
        &[SECOND_PROVIDER, RUNTIME, NETWORK, TLS, ENGINE, DAEMON, UNTYPED, PROVIDER],
    ),
    reach(
        "veracruz-attestation",
        &["--no-default-features"],
        &[SECOND_PROVIDER, RUNTIME, NETWORK, TLS, ENGINE, DAEMON, UNTYPED],
    ),
    reach(
        "veracruz-attestation",
        &["--no-default-features", "--features", "attester,nsm-device"],
        &[SECOND_PROVIDER, RUNTIME, NETWORK, TLS, ENGINE, DAEMON, UNTYPED, VERIFIER],
    ),
    reach(
        "veracruz-attestation",
        &["--no-default-features", "--features", "verifier"],
        &[SECOND_PROVIDER, RUNTIME, NETWORK, TLS, ENGINE, DAEMON, UNTYPED],
    ),
    // The router is axum's without axum's server, so even the service reaches no runtime and opens no connection.
    reach(
        "veracruz-attestation",
        &["--no-default-features", "--features", "service"],
        &[SECOND_PROVIDER, RUNTIME, CLIENT, TLS, ENGINE, DAEMON, UNTYPED],
    ),
    reach(
        "veracruz-protocol",
        &["--all-features"],
        &[SECOND_PROVIDER, RUNTIME, NETWORK, TLS, ENGINE, DAEMON, UNTYPED, PROVIDER],
    ),
    reach("veracruz-runtime", &["--all-features"], &[SECOND_PROVIDER, NETWORK, DAEMON, VERIFIER, SDK]),
    reach("veracruz-rest", &[], &[SECOND_PROVIDER, RUNTIME, NETWORK, TLS, ENGINE, DAEMON, UNTYPED, PROVIDER, DOMAIN]),
    reach("veracruz-rest", &["--all-features"], &[SECOND_PROVIDER, RUNTIME, CLIENT, TLS, ENGINE, DAEMON, UNTYPED]),
    reach("veracruz-client", &[], &[SECOND_PROVIDER, NETWORK, ENGINE, DAEMON, UNTYPED, INSTANCE]),
    reach("veracruz-client", &["--all-features"], &[SECOND_PROVIDER, SERVER, ENGINE, DAEMON, UNTYPED, INSTANCE]),
    reach("vaas-core", &["--all-features"], &[SECOND_PROVIDER, CLIENT, ENGINE, DAEMON, UNTYPED, SDK, INSTANCE]),
    reach("ccfaas-core", &["--all-features"], &[SECOND_PROVIDER, ENGINE, DAEMON, UNTYPED, INSTANCE, VAAS]),
    reach("s3-app-core", &["--all-features"], &[SECOND_PROVIDER, ENGINE, DAEMON, UNTYPED, INSTANCE, VAAS]),
    reach("veracruz-client-cli", &["--all-features"], &[SECOND_PROVIDER, NETWORK, ENGINE, INSTANCE]),
    reach("veracruz-server", &["--all-features"], &[SECOND_PROVIDER, VERIFIER, SDK]),
    reach("veracruz-runtime-nitro", &["--all-features"], &[SECOND_PROVIDER, CLIENT, VERIFIER, SDK]),
    reach("veracruz-serve", &["--all-features"], &[SECOND_PROVIDER, CLIENT, ENGINE, DOMAIN]),
    reach("veracruz-cli", &["--all-features"], &[SECOND_PROVIDER]),
    reach("vaas-server", &["--all-features"], &[SECOND_PROVIDER, CLIENT, ENGINE, SDK, INSTANCE]),
    reach("ccfaas-server", &["--all-features"], &[SECOND_PROVIDER, ENGINE, INSTANCE, VAAS]),
    reach("s3-app", &["--all-features"], &[SECOND_PROVIDER, ENGINE, INSTANCE, VAAS]),
    reach("proxy-attestation-server", &["--all-features"], &[SECOND_PROVIDER, CLIENT, ENGINE]),
    reach("i-poc", &["--all-features"], &[SECOND_PROVIDER, ENGINE, SERVER, INSTANCE, VAAS]),
    reach("veracruz-tests", &["--all-features"], &[SECOND_PROVIDER, ENGINE]),
];

/// aws-lc-rs is the one provider; serde_cbor is unmaintained and lax.
const SECOND_PROVIDER: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls", "boring", "serde_cbor"];
const PROVIDER: &[&str] = &["aws-lc-rs", "aws-lc-sys"];
const RUNTIME: &[&str] = &["tokio", "async-std", "smol", "mio", "socket2"];
const NETWORK: &[&str] = &["hyper", "axum", "reqwest", "ureq", "h2"];
const CLIENT: &[&str] = &["reqwest", "ureq"];
/// Who embeds the SDK gets no server with it.
const SERVER: &[&str] = &["axum"];
const TLS: &[&str] = &["rustls", "tokio-rustls", "webpki", "rustls-webpki"];
const ENGINE: &[&str] = &["wasmtime", "wasmi", "wasmer"];
/// A library reports through values; command lines and log output are a daemon's.
const DAEMON: &[&str] = &["clap", "tracing-subscriber"];
/// Untyped errors are a daemon's too, but the engine has them inside.
const UNTYPED: &[&str] = &["anyhow"];
/// Only the half that judges evidence checks certificates with it.
const VERIFIER: &[&str] = &["x509-cert"];
const SDK: &[&str] = &["veracruz-client"];
const INSTANCE: &[&str] = &["veracruz-runtime"];
const VAAS: &[&str] = &["vaas-core"];
const DOMAIN: &[&str] = &["veracruz-policy", "veracruz-attestation"];

const fn reach(
    package: &'static str,
    features: &'static [&'static str],
    forbidden: &'static [&'static [&'static str]],
) -> Reach {
    Reach { package, features, forbidden }
}

/// A workspace member: what it is called, where it lies, what it names in `[dependencies]`.
pub(crate) struct Member {
    name: String,
    /// Relative to the checkout.
    pub(crate) folder: String,
    own_dependencies: Vec<String>,
}

pub(crate) fn members() -> anyhow::Result<Vec<Member>> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?;
    let mut members = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
        let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal && d.path.is_some());
        members.push(Member {
            name: package.name.to_string(),
            folder: folder.strip_prefix(&metadata.workspace_root)?.to_string(),
            own_dependencies: normal.map(|d| d.name.clone()).collect(),
        });
    }
    Ok(members)
}

/// Arrows that a member has and its row does not.
pub(crate) fn forbidden_own_crates(member: &Member) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == member.name) else {
        return vec![]; // `missing_rows` reports it
    };
    let extra = member.own_dependencies.iter().filter(|d| !allowed.contains(&d.as_str()));
    extra.map(|d| format!("{} must not use {d}: it may use {allowed:?}", member.name)).collect()
}

pub(crate) fn missing_rows(member: &Member) -> Vec<String> {
    let mut found = Vec::new();
    if !ARROWS.iter().any(|(name, _)| *name == member.name) {
        found.push(format!("{} has no row in ARROWS", member.name));
    }
    if !REACH.iter().any(|reach| reach.package == member.name) {
        found.push(format!("{} has no row in REACH", member.name));
    }
    found
}

/// The names of all packages below the row's crate, built with the row's features, for this machine's target.
pub(crate) fn reached_by(reach: &Reach) -> anyhow::Result<BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(["--package", reach.package])
        .args(reach.features)
        .current_dir(root())
        .output()?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let names = packages_in(&String::from_utf8(output.stdout)?);
    ensure!(names.contains(reach.package), "cargo tree does not even show {}", reach.package);
    Ok(names)
}

fn packages_in(listing: &str) -> BTreeSet<String> {
    listing.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

pub(crate) fn forbidden_externals(reach: &Reach, reached: &BTreeSet<String>) -> Vec<String> {
    let forbidden = reach.forbidden.iter().copied().flatten();
    let found = forbidden.filter(|name| reached.contains(**name) && **name != reach.package);
    found.map(|name| format!("{} with {:?} must not reach {name}", reach.package, reach.features)).collect()
}

#[test]
fn an_arrow_that_the_table_lacks_is_found() {
    let member = Member {
        name: "veracruz-policy".to_owned(),
        folder: "veracruz-policy".to_owned(),
        own_dependencies: vec!["veracruz-attestation".to_owned()],
    };
    assert_eq!(forbidden_own_crates(&member).len(), 1);
    assert_eq!(missing_rows(&member), Vec::<String>::new());
}

#[test]
fn a_crate_without_rows_is_found() {
    let member = Member { name: "stranger".to_owned(), folder: "stranger".to_owned(), own_dependencies: vec![] };
    assert_eq!(missing_rows(&member).len(), 2);
}

#[test]
fn a_runtime_below_a_pure_crate_is_found() {
    let reached = packages_in("veracruz-policy v0.1.0 (here)\ntokio v1.0.0\n\nserde v1.0.0 (*)\n");
    let row = REACH.iter().find(|r| r.package == "veracruz-policy").unwrap();
    assert_eq!(forbidden_externals(row, &reached), [r#"veracruz-policy with ["--all-features"] must not reach tokio"#]);
}

#[test]
fn the_service_feature_really_reaches_what_the_others_must_not() -> anyhow::Result<()> {
    // Shows that the walk follows features: the same crate reaches axum with `service` and must not without.
    let service = REACH.iter().find(|r| r.features.contains(&"service")).context("the row of the service")?;
    assert!(reached_by(service)?.contains("axum"));
    Ok(())
}

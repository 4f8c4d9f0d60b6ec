//! The trust file.

use std::io;

use veracruz_client::Trust;

use crate::world::World;

fn read(text: &str, world: &World) -> Result<Trust, veracruz_client::TrustFileError> {
    Trust::from_toml(text, &mut |name| match name {
        "authority.pem" => Ok(world.authority.certificate_pem().into_bytes()),
        "root.pem" => Ok(world.root.pem().into_bytes()),
        "aws.pem" => Ok(include_bytes!("../../../attestation/src/nitro/aws-nitro-root-g1.pem").to_vec()),
        "binary" => Ok(vec![0xff, 0xfe]),
        _ => Err(io::ErrorKind::NotFound.into()),
    })
}

fn problems(text: &str) -> Vec<String> {
    let error = read(text, &World::new()).unwrap_err();
    assert_eq!(error.code(), "trust-file");
    let said = error.to_string();
    error.problems().iter().for_each(|problem| assert!(said.contains(problem.problem()), "{said}"));
    error.problems().iter().map(|problem| problem.at().to_owned()).collect()
}

/// The example of docs/TRUST.md, as it stands there.
fn example() -> String {
    let page = include_str!("../../../docs/TRUST.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

#[test]
fn the_documented_example_is_a_trust_file() {
    assert!(read(&example(), &World::new()).unwrap().allows_simulated());
}

#[test]
fn the_page_names_every_key() {
    let page = include_str!("../../../docs/TRUST.md");
    for key in [
        "authorities",
        "allow_simulated",
        "simulated_root",
        "max_evidence_age_seconds",
        "dangerous_without_session_evidence",
        "dangerous_old_certificates",
        "[[measurement]]",
    ] {
        assert!(page.contains(&format!("`{key}`")), "{key}");
        assert!(example().contains(key) || key.starts_with("dangerous"), "{key} in the example");
    }
}

#[tokio::test]
async fn a_file_without_a_word_trusts_what_the_policy_says() {
    let world = World::new();
    let trust = read("", &world).unwrap();
    let error = world.client(&world.server()).trust(trust).build().unwrap_err();
    assert_eq!(error.code(), "simulated-policy");
    let trust = read("allow_simulated = true\nsimulated_root = \"root.pem\"\nauthorities = \"authority.pem\"", &world);
    let client = world.client(&world.server()).trust(trust.unwrap()).build().unwrap();
    client.connect().await.unwrap();
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = r#"
        allow_simulatd = true
        allow_simulated = "yes"
        authorities = "nothing.pem"
        simulated_root = "aws.pem"
        max_evidence_age_seconds = 0
        dangerous_old_certificates = 1
        [[measurement]]
        platform = "sgx"
        pcrs = { 0 = "ab", 32 = "00", 01 = 5 }
        extra = 1
        [[measurement]]
        platform = "nitro"
    "#;
    let found = problems(text);
    for at in [
        "allow_simulatd",
        "allow_simulated",
        "authorities",
        "simulated_root",
        "max_evidence_age_seconds",
        "dangerous_old_certificates",
        "measurement[0].platform",
        "measurement[0].pcrs.0",
        "measurement[0].pcrs.32",
        "measurement[0].pcrs.01",
        "measurement[0].extra",
        "measurement[1].pcrs",
    ] {
        assert!(found.iter().any(|problem| problem == at), "{at} is not among {found:?}");
    }
}

#[test]
fn values_that_would_accept_anything_are_refused() {
    let zero = "00".repeat(48);
    let some = "ab".repeat(48);
    for (at, text) in [
        ("", "this is no toml".to_owned()),
        ("measurement", "measurement = 1".to_owned()),
        ("measurement[0]", "measurement = [1]".to_owned()),
        ("measurement[0].pcrs", format!("[[measurement]]\nplatform = \"nitro\"\npcrs = {{ 0 = \"{zero}\" }}")),
        ("measurement[0].pcrs", format!("[[measurement]]\nplatform = \"nitro\"\npcrs = {{ 4 = \"{some}\" }}")),
        ("measurement[0].pcrs", "[[measurement]]\nplatform = \"nitro\"\npcrs = {}".to_owned()),
        ("authorities", "authorities = \"binary\"".to_owned()),
        ("authorities", "authorities = true".to_owned()),
        ("max_evidence_age_seconds", "max_evidence_age_seconds = 3601".to_owned()),
    ] {
        assert_eq!(problems(&text), [at], "{text}");
    }
}

#[test]
fn files_that_it_names_lie_beside_it() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.toml");
    std::fs::write(&path, "allow_simulated = true\nsimulated_root = \"root.pem\"").unwrap();
    assert_eq!(Trust::read(&path).unwrap_err().problems()[0].at(), "simulated_root");
    std::fs::write(folder.path().join("root.pem"), world.root.pem()).unwrap();
    assert!(Trust::read(&path).unwrap().allows_simulated());
    assert!(Trust::read(&folder.path().join("nothing")).is_err());
}

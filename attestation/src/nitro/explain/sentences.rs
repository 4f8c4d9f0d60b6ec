//! The sentences on what was checked and what was not.

use veracruz_policy::Platform;

use super::super::checked::{Checked, DebugCheck, InstanceCheck};
use super::super::document::Document;

/// What was checked.
pub(super) fn checked(document: &Document, platform: Option<Platform>, checked: &Checked) -> Vec<String> {
    let mut said =
        vec!["The document is well formed: the one encoding, known fields only, all within bounds.".to_owned()];
    let Some(platform) = platform else { return said };
    said.push(authenticity(platform).to_owned());
    if let Some(max_age) = checked.max_age {
        said.push(format!(
            "It was made at most {} s before the time of the check.",
            max_age.as_secs()
        ));
    }
    if checked.debug == DebugCheck::Refused {
        said.push("The enclave does not run in debug mode.".to_owned());
    }
    if checked.nonce {
        said.push("The nonce is the expected one.".to_owned());
    }
    if checked.user_data {
        said.push("The user data is the expected one.".to_owned());
    }
    if !checked.pcrs.is_empty() {
        said.push(format!(
            "The expected values stand in {}.",
            registers(checked.pcrs.iter())
        ));
    }
    if checked.instance == InstanceCheck::Consistent {
        said.push("PCR4 is the register of the instance that the module id names.".to_owned());
    }
    said.extend(
        document
            .is_debug()
            .then(|| "The registers show debug mode: the host sees all that the enclave does.".to_owned()),
    );
    said
}

/// What was not checked.
pub(super) fn not_checked(document: &Document, platform: Option<Platform>, checked: &Checked) -> Vec<String> {
    let mut open = Vec::new();
    let mut say = |sentence: &str| open.push(sentence.to_owned());
    match platform {
        None => {
            say("Neither signature nor certificates were checked: anyone can have written this.");
            say("Whether the certificates' time is over was not checked.");
        }
        Some(Platform::Simulated) => {
            say("Isolation: there is none. Simulated evidence protects nobody; whoever runs it can make more.")
        }
        Some(_) => say("Revocation of certificates was not checked: AWS tells verifiers not to."),
    }
    if checked.pcrs.is_empty() {
        say("No measurement was compared: nothing is known about the code that runs there.");
    } else if !checked.pcrs.contains(&3) && !checked.pcrs.contains(&4) {
        say("Whose machine it is was not compared (PCR3, PCR4): the same code on anybody's account passes.");
    }
    match checked.debug {
        DebugCheck::NotMade => say("Debug mode was not refused."),
        DebugCheck::Allowed if document.is_debug() => {
            say("Debug mode was allowed, so PCR0, PCR1 and PCR2 were not compared: any code passes.");
        }
        DebugCheck::Allowed => say("Debug mode was allowed, though this enclave does not run in it."),
        DebugCheck::Refused => {}
    }
    if checked.max_age.is_none() {
        say("The age was not checked: the evidence may be old.");
    }
    if !checked.nonce {
        say("The nonce was not compared: the evidence may be a replay.");
    }
    if !checked.user_data {
        say("The user data was not compared: the evidence is bound to no key, policy or connection.");
    }
    if document.public_key.is_some() {
        say("The public key was not looked into.");
    }
    match checked.instance {
        InstanceCheck::NotMade => say("PCR4 was not compared with the module id."),
        InstanceCheck::NotComparable => {
            say("PCR4 could not be compared with the module id: one of them is absent or of another form.")
        }
        InstanceCheck::Consistent => {}
    }
    open
}

fn authenticity(platform: Platform) -> &'static str {
    match platform {
        Platform::Nitro => {
            "AWS signed it: the signature fits, and the certificates lead to the root of AWS Nitro Enclaves and were in time."
        }
        _ => "The signature fits, and the certificates lead to the INSECURE root that was given and were in time.",
    }
}

fn registers<'a>(indices: impl Iterator<Item = &'a u8>) -> String {
    indices
        .map(|index| format!("PCR{index}"))
        .collect::<Vec<_>>()
        .join(", ")
}

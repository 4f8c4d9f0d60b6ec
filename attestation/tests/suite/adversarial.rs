//! Documents that are wrong in one thing and signed as if they were right: each is refused by the check it was made for.

mod chain;
mod encoding;
mod envelope;
mod payload;

use std::collections::BTreeSet;

use time::OffsetDateTime;
use time::macros::datetime;
use veracruz_attestation::nitro::{Anchors, Refusal, authenticate};
use veracruz_tests::forge::Draft;

/// When all drafts are made and judged; with milliseconds, as documents have them.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00.346 UTC);

/// One thing that is wrong: a name, the change, and the code it must be refused with. Where the code needs it, a part of
/// the message that says where.
pub(crate) struct Case {
    name: String,
    change: Box<dyn Fn(&mut Draft)>,
    code: &'static str,
    says: &'static str,
}

pub(crate) fn case(name: impl Into<String>, code: &'static str, change: impl Fn(&mut Draft) + 'static) -> Case {
    Case { name: name.into(), change: Box::new(change), code, says: "" }
}

impl Case {
    pub(crate) fn saying(mut self, says: &'static str) -> Self {
        self.says = says;
        self
    }
}

/// The anchor is the root of the right chain, whatever the change does to it.
pub(crate) fn judge(change: &dyn Fn(&mut Draft)) -> Result<(), Refusal> {
    let mut draft = Draft::new(NOW);
    let anchors = Anchors::insecure(&draft.chain.root_der).unwrap();
    change(&mut draft);
    authenticate(&draft.finish(), &anchors, NOW).map(drop)
}

fn all_cases() -> Vec<Case> {
    [envelope::cases(), encoding::cases(), payload::cases(), chain::cases()].into_iter().flatten().collect()
}

#[test]
fn a_right_document_is_accepted() {
    judge(&|_| {}).unwrap();
}

#[test]
fn each_wrong_document_is_refused_by_the_check_that_it_was_made_for() {
    let mut wrong = Vec::new();
    for Case { name, change, code, says } in all_cases() {
        match judge(&change) {
            Err(refusal) if refusal.code() == code && refusal.to_string().contains(says) => {}
            other => wrong.push(format!("{name}: expected {code} {says:?}, got {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_legal_variant_is_accepted() {
    for (name, change) in
        [envelope::variants(), encoding::variants(), payload::variants(), chain::variants()].into_iter().flatten()
    {
        if let Err(refusal) = judge(&change) {
            panic!("{name}: {} {refusal}", refusal.code());
        }
    }
}

#[test]
fn every_refusal_code_has_a_case_and_codes_are_distinct_kebab_case() {
    let made = all_cases().into_iter().map(|case| case.code).chain(crate::appraisal::codes());
    let covered: BTreeSet<_> = made.collect();
    let all: BTreeSet<_> = Refusal::CODES.iter().copied().collect();
    assert_eq!(all.len(), Refusal::CODES.len(), "a code stands for two checks");
    let uncovered: Vec<_> = all.difference(&covered).collect();
    assert!(uncovered.is_empty(), "no case for {uncovered:?}");
    assert!(all.iter().all(|code| { code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') }));
}

/// Legal variants: a name and the change.
pub(crate) type Legal = Vec<Variant>;
type Variant = (String, Box<dyn Fn(&mut Draft)>);

pub(crate) fn legal(name: impl Into<String>, change: impl Fn(&mut Draft) + 'static) -> Variant {
    (name.into(), Box::new(change))
}

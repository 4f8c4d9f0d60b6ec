//! Who else could see or change what the user brings and gets?
//!
//! Whatever the request says, rights have consequences together: a path that the user writes and somebody else reads is
//! a leak even if both were asked for. Other people are all identities whose certificate is not in the user's request.

use std::collections::BTreeSet;

use super::Asked;
use super::finding::{Finding, FindingCode};
use super::request::{gives, named};
use crate::document::{FullPolicy, Identity};
use crate::path::Target;
use crate::rights::Rights;
use crate::table::RightsTable;

pub(super) fn look(policy: &FullPolicy, asked: &Asked<'_>, findings: &mut Vec<Finding>) {
    let is_own = |identity: &Identity| asked.user.identities.iter().any(|own| own.certificate == identity.certificate);
    let (own, others): (Vec<&Identity>, Vec<&Identity>) = policy.identities.iter().partition(|one| is_own(one));
    let sensitive = sensitive_targets(policy, &own);
    for other in &others {
        for place in &sensitive {
            readable(other, place, findings);
            replaceable(policy, other, place, findings);
        }
    }
    programs(policy, &others, findings);
}

/// A place where the user's data comes to lie.
struct Sensitive<'p> {
    target: &'p Target,
    written_by_user: bool,
    written_by_programs: bool,
}

/// Effective rights are constant between the entries of all tables, so their targets see every region.
fn sensitive_targets<'p>(policy: &'p FullPolicy, own: &[&Identity]) -> Vec<Sensitive<'p>> {
    let identities = policy.identities.iter().map(|identity| &identity.file_rights);
    let programs = policy.programs.iter().map(|program| &program.file_rights);
    let pipelines = policy.pipelines().iter().map(|pipeline| &pipeline.file_rights);
    let running: Vec<&RightsTable> = programs.chain(pipelines).collect();
    let tables = identities.chain(running.iter().copied());
    let targets: BTreeSet<&Target> = tables.flat_map(RightsTable::entries).map(|entry| entry.target()).collect();
    let place = |target| Sensitive {
        target,
        written_by_user: own.iter().any(|identity| gives(&identity.file_rights, target, Rights::FD_WRITE)),
        written_by_programs: running.iter().any(|table| gives(table, target, Rights::FD_WRITE)),
    };
    targets.into_iter().map(place).filter(|place| place.written_by_user || place.written_by_programs).collect()
}

fn readable(other: &Identity, place: &Sensitive<'_>, findings: &mut Vec<Finding>) {
    if !gives(&other.file_rights, place.target, Rights::FD_READ) {
        return;
    }
    let shown = place.target.to_string();
    if place.written_by_user {
        let detail = format!("can read {shown:?}, where you bring data");
        findings.push(Finding::danger(FindingCode::InputsReadable, named(other), detail));
    }
    if place.written_by_programs {
        let detail = format!("can read {shown:?}, where programs write");
        findings.push(Finding::danger(FindingCode::OutputsReadable, named(other), detail));
    }
}

fn replaceable(policy: &FullPolicy, other: &Identity, place: &Sensitive<'_>, findings: &mut Vec<Finding>) {
    let fixed = place.target.as_path().is_some_and(|path| policy.declared_hash(path).is_some());
    if place.written_by_user && !fixed && gives(&other.file_rights, place.target, Rights::FD_WRITE) {
        let detail = format!("can write {:?}, where you bring data", place.target.to_string());
        findings.push(Finding::danger(FindingCode::InputsReplaceable, named(other), detail));
    }
}

/// A program whose content no hash fixes is whatever the last writer made of it.
fn programs(policy: &FullPolicy, others: &[&Identity], findings: &mut Vec<Finding>) {
    let named_programs = policy.programs.iter().map(|program| &program.program_file_name);
    let in_pipelines = policy.pipelines().iter().flat_map(|pipeline| pipeline.pipeline.programs());
    for path in named_programs.chain(in_pipelines).collect::<BTreeSet<_>>() {
        if policy.declared_hash(path).is_some() {
            continue;
        }
        let target = Target::Path(path.clone());
        for other in others.iter().filter(|other| gives(&other.file_rights, &target, Rights::FD_WRITE)) {
            let detail = format!("can choose the code of {:?}: no hash fixes it", path.as_str());
            findings.push(Finding::danger(FindingCode::ProgramReplaceable, named(other), detail));
        }
    }
}

//! Any text as each of the four documents: no panic, and whatever is accepted prints to one stable text that decides.
#![no_main]

use libfuzzer_sys::fuzz_target;
use veracruz_policy::{
    Action, DocumentKind, FullPolicy, FunctionPolicy, Principal, Target, UserPolicy, VaasPolicy, explain, lint,
};

fuzz_target!(|text: &str| {
    if let Ok(function) = FunctionPolicy::parse(text) {
        let again = FunctionPolicy::parse(&function.canonical_text()).expect("its print is accepted");
        assert_eq!(again.canonical_text(), function.canonical_text());
    }
    if let Ok(user) = UserPolicy::parse(text) {
        let again = UserPolicy::parse(&user.canonical_text()).expect("its print is accepted");
        assert_eq!(again.canonical_text(), user.canonical_text());
    }
    if let Ok(vaas) = VaasPolicy::parse(text) {
        let again = VaasPolicy::parse(&vaas.canonical_text()).expect("its print is accepted");
        assert_eq!(again.canonical_text(), vaas.canonical_text());
    }
    if let Ok(full) = FullPolicy::parse(text) {
        let again = FullPolicy::parse(&full.canonical_text()).expect("its print is accepted");
        assert_eq!(again.canonical_text(), full.canonical_text());
        decide_everything(&full);
    }
    if let Ok(kind) = DocumentKind::detect(text) {
        assert_eq!(lint(kind, text).is_ok(), explain(kind, text).is_ok());
    }
});

/// What a permit says is what the policy says, for every principal on every path that the policy names.
fn decide_everything(policy: &FullPolicy) {
    let participants = policy.identities.iter().map(|identity| Principal::Participant(identity.id));
    let programs = policy.programs.iter().map(|program| Principal::Program(program.program_file_name.clone()));
    let targets: Vec<Target> =
        policy.file_hashes.iter().map(|file| Target::Path(file.file_path.clone())).take(8).collect();
    for principal in participants.chain(programs).take(8) {
        for target in &targets {
            for action in [Action::Read, Action::Write { creates: true }, Action::Execute, Action::List] {
                if let Ok(permit) = policy.decide(&principal, action, target) {
                    assert!(permit.granted().contains(action.needs(target)));
                }
            }
        }
    }
}

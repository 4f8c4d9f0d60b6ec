//! The example guests and the small ones, row by row of their table.

use std::collections::BTreeMap;

use veracruz_tests::guests::{Ending, GuestCase, Output, guest_cases};

use crate::machine::{Machine, Run, compile, engine};

/// What the README of the examples asks for, and what `append` and `number-accumulation` need besides.
const CAPABILITIES: &str = "/input/ : r, /s3_app_input/ : r, /user_input/ : r, /program_data/ : r, /output/ : rw, \
                            stdin : r, stdout : w, stderr : w";

#[test]
fn each_guest_does_what_its_table_says() {
    let engine = engine();
    let mut modules = BTreeMap::new();
    for case in guest_cases() {
        let module = modules.entry(case.guest.clone()).or_insert_with(|| compile(&engine, &case.guest));
        let machine = Machine::new(module, CAPABILITIES);
        case.files.iter().for_each(|(path, bytes)| machine.provision(path, bytes));
        let arguments: Vec<String> = std::iter::once(case.guest.clone()).chain(case.args.clone()).collect();
        let environment: Vec<_> = case.env.clone().into_iter().collect();
        let runs = (0..case.runs).map(|_| {
            machine.feed(&case.stdin);
            machine.run(arguments.clone(), environment.clone(), case.clock)
        });
        let runs: Vec<Run> = runs.collect();
        check_run(&case, runs.last().unwrap());
        check_output(&case, &machine);
    }
}

fn check_run(case: &GuestCase, run: &Run) {
    let about = format!("{}: {}: {run:?}", case.guest, case.says);
    assert_eq!(run.ending, case.ending, "{about}");
    assert!(case.stdout.as_ref().is_none_or(|stdout| *stdout == run.stdout), "{about}");
    match &case.stderr {
        Some(part) => assert!(run.stderr.contains(part), "{about}"),
        None => assert!(run.stderr.is_empty() || case.ending == Ending::Trap, "{about}"),
    }
}

fn check_output(case: &GuestCase, machine: &Machine<'_>) {
    let about = format!("{}: {}", case.guest, case.says);
    let found = machine.files("/output");
    match &case.output {
        Output::Files(files) => assert_eq!(&found, files, "{about}"),
        Output::Sizes(sizes) => {
            let found: BTreeMap<_, _> = found.into_iter().map(|(path, bytes)| (path, bytes.len() as u64)).collect();
            assert_eq!(&found, sizes, "{about}");
        }
    }
}

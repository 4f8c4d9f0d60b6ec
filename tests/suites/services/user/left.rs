//! What becomes of the instance when the function service does something wrong, or the user goes: it is deleted, or its
//! user is told that it may be left.

use std::process::Output;

use rustix::process::Signal;

use super::meddler::{Meddler, Wrong};
use super::{RESULT, Running, TRUST, User};
use crate::functions::Function;

const MAY_BE_LEFT: &str = "   ! instance once may be left: ";
const DELETE_IT: &str = "; delete it with `veracruz instance delete once`";

impl User {
    /// Status, standard output, standard error. What the warning says to do is done, and does it.
    fn is_warned(&self, output: Output) -> (Option<i32>, String, String) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (printed, told) = (text(&output.stdout), text(&output.stderr));
        let warned = told.lines().filter(|line| line.starts_with(MAY_BE_LEFT) && line.ends_with(DELETE_IT)).count();
        assert_eq!(warned, 1, "{told}");
        self.does("veracruz", &["instance", "delete", "once"]);
        (output.status.code(), printed, told)
    }
}

#[test]
fn a_deletion_that_fails_hides_neither_results_nor_what_failed_before() {
    let user = User::new(24_400, &Function::regression());
    let ccfaas = Meddler::before(&user.0.url("ccfaas"), Wrong::RefusedDeletion);
    for (options, out, last) in [
        (&RESULT[..], "./once/linear-regression.dat\n", "i-poc: the instance once was not deleted\n"),
        (&["--result", "/output/nothing", "--output", "none"], "", "i-poc: there is no result /output/nothing"),
    ] {
        let output = user.run_by(&ccfaas.url, "once", &[&TRUST[..], options].concat()).output().unwrap();
        let (status, printed, told) = user.is_warned(output);
        assert_eq!((status, printed.as_str()), (Some(1), out), "{told}");
        let (_, end) = told.split_once(DELETE_IT).unwrap();
        assert!(end.trim_start().starts_with(last), "{told}");
    }
}

#[test]
fn an_answer_to_the_creation_that_is_lost_leaves_no_instance() {
    let user = User::new(24_500, &Function::regression());
    let ccfaas = Meddler::before(&user.0.url("ccfaas"), Wrong::LostCreation);
    let (status, _, told) = user.ended(user.run_by(&ccfaas.url, "once", &TRUST).output().unwrap());
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("once is deleted") && told.contains("the function service made no instance"), "{told}");
}

#[test]
fn another_users_instance_of_the_same_name_is_not_taken_for_the_lost_one() {
    let user = User::new(24_900, &Function::endless());
    let ccfaas = Meddler::before(&user.0.url("ccfaas"), Wrong::LostCreation);
    let mut theirs = Running::start(user.run("once", &[&TRUST[..], &RESULT, &["--output", "theirs"]].concat()));
    theirs.says("The program runs");
    let output = user.run_by(&ccfaas.url, "once", &TRUST).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let there = user.call("veracruz", &["instance", "list"]);
    assert!(String::from_utf8_lossy(&there.stdout).contains("once"), "{output:?}");
    theirs.signal(Signal::INT);
    user.ended(theirs.end());
}

#[test]
fn who_is_interrupted_while_the_instance_is_made_leaves_none() {
    let user = User::new(24_600, &Function::regression());
    let ccfaas = Meddler::before(&user.0.url("ccfaas"), Wrong::SilentCreation);
    let running = Running::start(user.run_by(&ccfaas.url, "once", &TRUST));
    ccfaas.done.recv().unwrap();
    running.signal(Signal::INT);
    let (status, _, told) = user.ended(running.end());
    assert_eq!(status, Some(130), "{told}");
    assert!(told.contains("once is deleted") && told.ends_with("i-poc: interrupted\n"), "{told}");
}

#[test]
fn the_first_signal_lets_a_deletion_go_on_and_the_second_ends_it() {
    let user = User::new(24_700, &Function::regression());
    let ccfaas = Meddler::before(&user.0.url("ccfaas"), Wrong::SilentDeletion);
    let mut running = Running::start(user.run_by(&ccfaas.url, "once", &[TRUST, RESULT].concat()));
    ccfaas.done.recv().unwrap();
    running.signal(Signal::INT);
    running.says("another signal ends this at once");
    running.signal(Signal::TERM);
    let (status, printed, told) = user.is_warned(running.end());
    // The run itself had ended well.
    assert_eq!((status, printed.as_str()), (Some(130), "./once/linear-regression.dat\n"), "{told}");
    assert!(told.ends_with("i-poc: interrupted\n"), "{told}");
}

#[test]
fn an_instance_that_dies_is_a_failure_and_no_reason_for_distrust() {
    let user = User::new(24_800, &Function::endless());
    let ccfaas = Meddler::before(&user.0.url("ccfaas"), Wrong::DeadInstance);
    let (status, _, told) = user.ended(user.run_by(&ccfaas.url, "once", &[TRUST, RESULT].concat()).output().unwrap());
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("the instance cannot be verified: cannot connect to 127.0.0.1:"), "{told}");
    assert_eq!(told.matches("refused").count(), 1, "the reason stands once: {told}");
    assert!(told.contains("once is gone already"), "{told}");

    let mut running = Running::start(user.run("once", &[TRUST, RESULT].concat()));
    running.says("The program runs");
    user.does("veracruz", &["instance", "delete", "once"]);
    let (status, _, told) = user.ended(running.end());
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("i-poc: the instance does not say how the program ended: "), "{told}");
}

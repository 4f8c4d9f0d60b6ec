//! Who may do what, through the client, held against the policy's own decision: principals, operations, kinds of path.

use std::collections::BTreeSet;

use veracruz_client::{Compute, Error, Session, Transfer};
use veracruz_policy::{Action, Sha256Digest, Target};

use crate::world::{Instance, People, program};

const PEOPLE: &People = &[
    ("owner", "/:rwx,stdin:w,stdout:r,stderr:r"),
    ("writer", "/input/:w"),
    ("reader", "/output/:r,stdout:r"),
    ("runner", "/program/:x"),
    ("old runner", "/program/:536879104"),
    ("nobody", ""),
    ("exact", "/input/:rw,/input/secret:x,/output/log:rw,stdin:r"),
    ("half", "/input/:24582,/fixed:w"),
];

/// Every kind: existing and missing, below and beside an entry, declared, a program, directories, streams.
const TARGETS: [&str; 14] = [
    "/input/data",
    "/input/missing",
    "/input/secret",
    "/output/log",
    "/output/missing/deep",
    "/elsewhere",
    "/fixed",
    "/program/p.wasm",
    "/program/unnamed.wasm",
    "/",
    "/input",
    "stdin",
    "stdout",
    "stderr",
];

const FIXED: &[u8] = b"fixed content";

/// What the policy says by itself, apart from whether a file is there or is of the right kind.
const DENIALS: [&str; 6] =
    ["unknown-principal", "no-entry", "missing-rights", "stream-direction", "content-is-fixed", "not-a-program"];

#[derive(Clone, Copy, Debug)]
enum Operation {
    Read,
    Write,
    Append,
    List,
    Stat,
    Compute,
}

const OPERATIONS: [Operation; 6] =
    [Operation::Read, Operation::Stat, Operation::List, Operation::Compute, Operation::Append, Operation::Write];

impl Operation {
    fn action(self, exists: bool) -> Action {
        match self {
            Operation::Read => Action::Read,
            Operation::Write => Action::Write { creates: !exists },
            Operation::Append => Action::Append { creates: !exists },
            Operation::List => Action::List,
            Operation::Stat => Action::Stat,
            Operation::Compute => Action::Execute,
        }
    }

    /// Directories and programs have paths; streams do not.
    fn is_for(self, target: &Target) -> bool {
        target.as_path().is_some() || !matches!(self, Operation::List | Operation::Compute)
    }

    async fn perform(self, session: &mut Session, name: &str) -> Result<(), Error> {
        let content: &[u8] = match name {
            "/fixed" => FIXED,
            _ => b"content",
        };
        match self {
            Operation::Read => session.read(name, 1 << 20).await.map(drop),
            Operation::Write => session.upload(name, content, Transfer::new()).await.map(drop),
            Operation::Append => session.append(name, content, Transfer::new()).await.map(drop),
            Operation::List => session.list(name).await.map(drop),
            Operation::Stat => session.stat(name).await.map(drop),
            Operation::Compute => session.compute(name, Compute::new()).await.map(drop),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_of_everybody_on_everything_is_as_the_policy_decides() {
    let instance = Instance::with(PEOPLE, |policy| {
        let policy = policy.program("/program/p.wasm", None, "/:rw").unwrap();
        policy.file_hash("/fixed", Sha256Digest::of(FIXED)).unwrap()
    })
    .await;
    let mut owner = instance.session("owner").await;
    owner.upload("/program/p.wasm", program("").as_slice(), Transfer::new()).await.unwrap();
    owner.upload("/input/data", &b"x"[..], Transfer::new()).await.unwrap();
    owner.upload("/output/log", &b"x"[..], Transfer::new()).await.unwrap();
    let mut existing: BTreeSet<&str> = ["/program/p.wasm", "/input/data", "/output/log"].into();
    let (mut allowed, mut denied) = (0, 0);
    for (name, _) in PEOPLE {
        let principal = instance.principal(name);
        let mut session = instance.session(name).await;
        for operation in OPERATIONS {
            for target_name in TARGETS {
                let target = Target::parse(target_name).unwrap();
                // A program that was overwritten with something else would be refused as a program, rightly.
                let spoils =
                    matches!(operation, Operation::Write | Operation::Append) && target_name.ends_with(".wasm");
                if !operation.is_for(&target) || spoils {
                    continue;
                }
                let action = operation.action(existing.contains(target_name) || target.as_path().is_none());
                let decided = instance.policy.decide(&principal, action, &target);
                let done = operation.perform(&mut session, target_name).await;
                let what = format!("{name}: {operation:?} {target_name}: {done:?}");
                match (decided, done) {
                    (Err(denial), Err(error)) => {
                        assert_eq!(error.code(), denial.reason.code(), "{what}");
                        denied += 1;
                    }
                    (Err(denial), Ok(())) => unreachable_denial(&what, &denial.to_string()),
                    (Ok(_), Err(error)) => assert!(!DENIALS.contains(&error.code()) || fixed_already(&error), "{what}"),
                    (Ok(_), Ok(())) => {
                        allowed += 1;
                        if matches!(operation, Operation::Write | Operation::Append) && target.as_path().is_some() {
                            existing.insert(target_name);
                        }
                    }
                }
            }
        }
    }
    assert!(allowed > 40 && denied > 250, "{allowed} were allowed, {denied} denied: the table is too one-sided");
    instance.stop().await;
}

/// The policy lets a declared file be written; the file system lets that be done once.
fn fixed_already(error: &Error) -> bool {
    error.code() == "content-is-fixed"
}

#[track_caller]
fn unreachable_denial(what: &str, denial: &str) {
    assert!(what.is_empty(), "{what}, although {denial}");
}

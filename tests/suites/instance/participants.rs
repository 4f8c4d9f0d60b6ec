//! Sessions answer what the policy decides: every set of rights, at every kind of place, for every operation.
//!
//! What must come out is told by a [`Model`], which asks `FullPolicy::decide` and remembers what is there.

use veracruz_client::{Compute, Session, Transfer};
use veracruz_policy::{Principal, Rights, Sha256Digest, Target, VfsPath};

use crate::layout::{DECLARED, FILES, OLD, declare, entries, keeper, rights};
use crate::model::{Answer, Model, Operation, Outcome};
use crate::world::{Person, World, add, get, policy, put};

/// Kinds of place. `#` is another number in each cell, so that nothing is there; `/dir/absent.wasm` is never written.
const NAMES: &[&str] = &[
    "/",
    "/dir",
    "/dir/",
    "dir/old.txt",
    "/dir/old.txt",
    "/dir/./old.txt/",
    "/dir/new-#.txt",
    "/dir/made-#/deep/new.txt",
    "/dir/sub",
    "/dir/old.txt/below",
    "/dir/../dir/old.txt",
    "/dir/declared.txt",
    "/dir/promised-#.txt",
    "/dir/program.wasm",
    "/dir/fixed.wasm",
    "/dir/absent.wasm",
    "/file",
    "/file/below",
    "/open",
    "/open/free.txt",
    "/open/shut.txt",
    "/open/shut",
    "/open/shut/old.txt",
    "/open/shut/new-#.txt",
    "/shut/old.txt",
    "/shut/open/old.txt",
    "/shut/open/new-#.txt",
    "/elsewhere.txt",
    "/elsewhere-#.txt",
    "stdin",
    "stdout",
    "stderr",
    "/stdin",
];

/// Kinds of place for what takes more than a message.
const NAMES_FOR_PARTS: &[&str] = &["/dir/old.txt", "/dir/new-#.txt", "/dir/declared.txt", "/open/shut.txt", "stdin"];

/// More than the client sends in one part.
const LONG: usize = (1 << 20) + 1;

/// What the programs of the tree print.
const PRINTED: &[u8] = b"ran";

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_the_decision_of_the_policy_about_what_is_there() {
    let mut table = Table::start().await;
    let mut cells = 0;
    for index in 0..table.people.len() {
        let mut session = table.world.connect(&table.people[index].1).await;
        let mut number = 0;
        let places = NAMES.iter().flat_map(|name| operations(name).into_iter().map(move |what| (*name, what)));
        let in_parts = NAMES_FOR_PARTS.iter().map(|name| (*name, Operation::WriteInParts(vec![7; LONG])));
        for (name, operation) in places.chain(in_parts) {
            let promised = format!("promised-{index}");
            number += 1;
            let name = name.replace("promised-#", &promised).replace('#', &format!("{index}-{number}"));
            table.cell(&mut session, index, &name, operation).await;
            cells += 1;
        }
    }
    assert!(cells > 4000, "{cells} cells");
    let Table { world, keeper, .. } = table;
    drop(keeper);
    world.stop().await;
}

struct Table {
    world: World,
    model: Model,
    people: Vec<(&'static str, Person)>,
    keeper: Session,
}

impl Table {
    async fn start() -> Self {
        let keeper_person = Person::new("keeper");
        let (keeper_entries, program) = (keeper(), program());
        let rights = rights();
        let people: Vec<_> = rights.iter().map(|(name, _)| (*name, Person::new(name))).collect();
        let capabilities: Vec<String> = rights.iter().map(|(_, rights)| with_streams(*rights)).collect();
        let mut named = vec![(&keeper_person, keeper_entries.as_str())];
        named.extend(people.iter().zip(&capabilities).map(|((_, person), text)| (person, text.as_str())));
        let policy = policy(&named, |builder| {
            let builder = (0..people.len()).fold(declare(builder), |builder, index| {
                builder.file_hash(&format!("/dir/promised-{index}.txt"), Sha256Digest::of(DECLARED)).unwrap()
            });
            let fixed = Some(Sha256Digest::of(&program));
            let programs = [("/dir/program.wasm", None), ("/dir/fixed.wasm", fixed), ("/dir/absent.wasm", None)];
            programs.into_iter().fold(builder, |builder, (path, hash)| builder.program(path, hash, "stdout:w").unwrap())
        });
        let world = World::start(policy.clone()).await;
        let keeper = world.connect(&keeper_person).await;
        let mut table = Table { world, model: Model::new(policy, PRINTED), people, keeper };
        for name in FILES.iter().chain(&["/dir/declared.txt", "/dir/program.wasm", "/dir/fixed.wasm"]) {
            table.restore(&VfsPath::parse(name).unwrap()).await;
        }
        assert_eq!(table.keeper.compute("/dir/program.wasm", Compute::new()).await.unwrap(), 0);
        table
    }

    /// One cell: the answer, and afterwards the content.
    async fn cell(&mut self, session: &mut Session, index: usize, name: &str, operation: Operation) {
        let (rights, person) = &self.people[index];
        let who = person.principal(&self.model.policy);
        let expected = self.model.act(&who, &operation, name);
        let answer = attempt(session, &operation, name).await;
        let cell = || format!("rights {rights:?}, {}, {name:?}", verb(&operation));
        assert_eq!(shortened(&answer), shortened(&expected), "{}", cell());
        assert!(answer == expected, "{}: other content", cell());
        if let Ok(target) = Target::parse(name)
            && matches!(operation, Operation::Write(_) | Operation::WriteInParts(_) | Operation::Append(_))
        {
            self.check(&target, &cell()).await;
            self.restore_after(&target).await;
        }
    }

    /// Whoever may read everything reads what the model has.
    async fn check(&mut self, target: &Target, cell: &str) {
        let all = Principal::Participant(self.model.policy.identities[0].id);
        let look = if matches!(target, Target::Stream(_)) { Operation::Stat } else { Operation::Read };
        let expected = self.model.act(&all, &look, &target.to_string());
        let found = attempt(&mut self.keeper, &look, &target.to_string()).await;
        assert!(found == expected, "after {cell}: {:?} instead of {:?}", shortened(&found), shortened(&expected));
    }

    /// The next cell finds again what this one found.
    async fn restore_after(&mut self, target: &Target) {
        if let Target::Path(path) = target
            && self.model.files.get(path).is_some_and(|content| *content != original(path))
            && self.model.policy.declared_hash(path).is_none()
        {
            self.restore(path).await;
        }
    }

    async fn restore(&mut self, path: &VfsPath) {
        put(&mut self.keeper, path.as_str(), &original(path)).await.unwrap();
        self.model.put(path, original(path));
    }
}

fn with_streams(rights: Rights) -> String {
    let bits = rights.bits();
    format!("{}, stdin:{bits}, stdout:{bits}, stderr:{bits}", entries(rights))
}

/// All operations; what is written where content matters is both what fits and what does not.
fn operations(name: &str) -> Vec<Operation> {
    let fitting = match name {
        _ if name.ends_with(".wasm") => program(),
        "/dir/declared.txt" | "/dir/promised-#.txt" => DECLARED.to_vec(),
        _ => b"first".to_vec(),
    };
    let mut operations = vec![Operation::Stat, Operation::Read, Operation::List, Operation::Compute];
    if name != "/dir/absent.wasm" {
        operations.push(Operation::Append(b" and more".to_vec()));
        operations.push(Operation::Write(b"another".to_vec()));
        operations.push(Operation::Write(fitting));
    }
    operations
}

async fn attempt(session: &mut Session, operation: &Operation, name: &str) -> Outcome {
    let answer = match operation {
        Operation::Write(bytes) => put(session, name, bytes).await.map(|_| Answer::Done),
        Operation::WriteInParts(bytes) => {
            session.upload(name, bytes.as_slice(), Transfer::new()).await.map(|_| Answer::Done)
        }
        Operation::Append(bytes) => add(session, name, bytes).await.map(|_| Answer::Done),
        Operation::Read => get(session, name).await.map(Answer::Content),
        Operation::List => session.list(name).await.map(|entries| {
            Answer::Entries(entries.into_iter().map(|entry| (entry.name, entry.kind, entry.size)).collect())
        }),
        Operation::Stat => session.stat(name).await.map(|stat| Answer::Stat(stat.kind, stat.size)),
        Operation::Compute => session.compute(name, Compute::new()).await.map(Answer::ExitCode),
    };
    answer.map_err(|error| error.code().to_owned())
}

fn original(path: &VfsPath) -> Vec<u8> {
    match path.as_str() {
        "/dir/declared.txt" => DECLARED.to_vec(),
        path if path.ends_with(".wasm") => program(),
        _ => OLD.to_vec(),
    }
}

fn program() -> Vec<u8> {
    let text = std::str::from_utf8(PRINTED).unwrap();
    let length = PRINTED.len();
    wat::parse_str(format!(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 0) "\10\00\00\00\{length:02}\00\00\00") (data (i32.const 16) "{text}")
             (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
    ))
    .unwrap()
}

fn verb(operation: &Operation) -> String {
    match operation {
        Operation::Write(bytes) => format!("Write {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(16)])),
        Operation::WriteInParts(_) => "WriteInParts".to_owned(),
        Operation::Append(_) => "Append".to_owned(),
        other => format!("{other:?}"),
    }
}

/// An outcome for a message.
fn shortened(outcome: &Outcome) -> Outcome {
    outcome.clone().map(|answer| match answer {
        Answer::Content(bytes) => Answer::Content(bytes[..bytes.len().min(64)].to_vec()),
        answer => answer,
    })
}

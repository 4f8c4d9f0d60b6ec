//! Running programs get what the policy decides: every set of rights, at kinds of place, for kinds of system call.
//!
//! One program, under many names with other rights each, does what a file tells it and ends with the error number.

mod probe;

use veracruz_client::{Compute, Session};
use veracruz_policy::{Action, FullPolicy, Principal, Rights, Target, VfsPath};

use self::probe::{Call, TRIALS, Trial};
use crate::layout::{DECLARED, FILES, OLD, declare, entries, keeper, rights};
use crate::world::{Person, World, get, policy, put};

/// Error numbers of WASI preview 1 (`wasi_snapshot_preview1.witx`, `$errno`).
mod errno {
    pub(super) const SUCCESS: u32 = 0;
    pub(super) const ACCES: u32 = 2;
    pub(super) const EXIST: u32 = 20;
    pub(super) const ISDIR: u32 = 31;
    pub(super) const NOENT: u32 = 44;
    pub(super) const NOTDIR: u32 = 54;
    pub(super) const NOTEMPTY: u32 = 55;
    pub(super) const PERM: u32 = 63;
}

/// What is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    File,
    Missing,
    /// With something in it.
    Directory,
    Declared,
    /// Declared, but nobody uploaded it yet.
    Promised,
    BelowFile,
    BelowMissing,
    /// Out of the directory that the guest goes from.
    Outside,
}

/// The name of a directory that the guest has open from the start, a path from there, and what is at it. `#` is another
/// number in each cell.
const PLACES: &[(&str, &str, State)] = &[
    ("/dir/", "old.txt", State::File),
    ("/dir/", "new-#.txt", State::Missing),
    ("/dir/", "sub", State::Directory),
    ("/dir/", "declared.txt", State::Declared),
    ("/dir/", "promised.txt", State::Promised),
    ("/dir/", "old.txt/below", State::BelowFile),
    ("/dir/", "missing/new.txt", State::BelowMissing),
    ("/dir/", "sub/../old.txt", State::File),
    ("/dir/", "../file", State::Outside),
    ("/open/", "free.txt", State::File),
    ("/open/", "shut/old.txt", State::File),
    ("/open/", "shut/new-#.txt", State::Missing),
    ("/open/", "shut.txt", State::File),
    ("/open/", "shut/../../dir/old.txt", State::Outside),
    ("/shut/", "old.txt", State::File),
    ("/shut/open/", "old.txt", State::File),
    ("/", "file", State::File),
    ("/", "elsewhere.txt", State::File),
];

/// What one of the paths has in it, and its normal form has not.
const INTO_AND_OUT: &str = "sub/../";

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_what_the_policy_decides_and_acces_otherwise() {
    let person = Person::new("keeper");
    let rights = rights();
    let policy = policy(&[(&person, &keeper())], |builder| {
        let builder = declare(builder).file_hash("/dir/promised.txt", veracruz_policy::Sha256Digest::of(b"?")).unwrap();
        rights.iter().enumerate().fold(builder, |builder, (index, (_, rights))| {
            let bits = rights.bits();
            let entries = format!("{}, /command/:r, stdin:{bits}, stdout:{bits}, stderr:{bits}", entries(*rights));
            builder.program(&program(index), None, &entries).unwrap()
        })
    });
    let world = World::start(policy).await;
    let mut session = world.connect(&person).await;
    for name in FILES {
        put(&mut session, name, OLD).await.unwrap();
    }
    put(&mut session, "/dir/declared.txt", DECLARED).await.unwrap();
    put(&mut session, "stdin", b"input").await.unwrap();
    let mut cells = 0;
    for (index, (name, _)) in rights.iter().enumerate() {
        put(&mut session, &program(index), &probe::program()).await.unwrap();
        for (place, trial) in PLACES.iter().flat_map(|place| TRIALS.iter().map(move |trial| (place, trial))) {
            if trial.fits(place.2) {
                cells += 1;
                let cell = Cell { index, number: cells, place: *place, trial };
                let words = format!("rights {name:?}, {} {:?} from {:?}", trial.says, cell.path(), place.0);
                cell.check(&world.policy, &mut session, &words).await;
            }
        }
    }
    assert!(cells > 2000, "{cells} cells");
    drop(session);
    world.stop().await;
}

/// One call at one place under one set of rights.
struct Cell<'a> {
    index: usize,
    number: usize,
    place: (&'static str, &'static str, State),
    trial: &'a Trial,
}

impl Cell<'_> {
    async fn check(&self, policy: &FullPolicy, session: &mut Session, words: &str) {
        let (expected, after) = (self.expected(policy), self.absolute());
        let command = self.trial.command(self.folder(), &self.path(), &self.moved());
        put(session, "/command/line", &command).await.unwrap();
        let found = session.compute(&program(self.index), Compute::new()).await.unwrap();
        assert_eq!(found, expected, "{words}");
        let (Some(path), true) = (after, self.trial.changes()) else { return };
        let content = get(session, path.as_str()).await.map_err(|error| error.code().to_owned());
        assert_eq!(content, self.content(expected == errno::SUCCESS), "content after {words}");
        if self.place.2 == State::File && content.as_deref() != Ok(OLD) {
            put(session, path.as_str(), OLD).await.unwrap();
        }
    }

    /// The directory as the guest finds it: by its path in normal form.
    fn folder(&self) -> &str {
        match self.place.0.trim_end_matches('/') {
            "" => "/",
            folder => folder,
        }
    }

    /// By the policy first, then by what is there.
    fn expected(&self, policy: &FullPolicy) -> u32 {
        let (trial, state) = (self.trial, self.place.2);
        if let Call::Stream(stream) = trial.call {
            let allowed = self.decides(policy, trial.on_file, &Target::Stream(stream));
            return if allowed { errno::SUCCESS } else { errno::ACCES };
        }
        let Some(path) = self.absolute() else {
            // The directory itself has to give the rights before its path is looked at.
            let from = Target::from(VfsPath::parse(self.place.0).unwrap());
            let both = if trial.call == Call::Rename { Rights::PATH_RENAME_TARGET } else { Rights::empty() };
            let given = policy.table(&self.who()).unwrap().deciding(&from).unwrap().rights();
            return if given.contains(trial.at_path | both) { errno::PERM } else { errno::ACCES };
        };
        let allowed = |rights| self.decides(policy, rights, &Target::from(path.clone()));
        let moved = || VfsPath::parse(&format!("{}{}", self.place.0, self.moved().replace(INTO_AND_OUT, ""))).unwrap();
        let may_move = || self.decides(policy, Rights::PATH_RENAME_TARGET, &Target::from(moved()));
        if !allowed(trial.at_path) || (trial.call == Call::Rename && !may_move()) {
            return errno::ACCES;
        }
        match state {
            State::BelowFile => return errno::NOTDIR,
            State::BelowMissing => return errno::NOENT,
            _ => {}
        }
        let there = !matches!(state, State::Missing | State::Promised);
        match trial.call {
            Call::Create | Call::CreateDirectory if there => errno::EXIST,
            // Only its upload makes a declared file.
            Call::Create | Call::CreateDirectory if state == State::Promised => errno::ACCES,
            Call::Create | Call::CreateDirectory if allowed(trial.on_file) => errno::SUCCESS,
            Call::Create | Call::CreateDirectory => errno::ACCES,
            _ if !there => errno::NOENT,
            Call::RemoveDirectory if state == State::Directory => errno::NOTEMPTY,
            Call::RemoveDirectory => errno::NOTDIR,
            Call::Unlink if state == State::Directory => errno::ISDIR,
            Call::ListDirectory if state != State::Directory => errno::NOTDIR,
            _ if allowed(trial.at_path | trial.on_file) => errno::SUCCESS,
            _ => errno::ACCES,
        }
    }

    fn decides(&self, policy: &FullPolicy, rights: Rights, target: &Target) -> bool {
        policy.decide(&self.who(), Action::Use(rights), target).is_ok()
    }

    fn who(&self) -> Principal {
        Principal::Program(VfsPath::parse(&program(self.index)).unwrap())
    }

    /// What is at the place afterwards.
    fn content(&self, done: bool) -> Result<Vec<u8>, String> {
        let old = match self.place.2 {
            State::File => Ok(OLD.to_vec()),
            State::Declared => Ok(DECLARED.to_vec()),
            State::Directory => Err("is-a-directory".to_owned()),
            State::BelowFile => Err("not-a-directory".to_owned()),
            _ => Err("not-found".to_owned()),
        };
        match self.trial.call {
            _ if !done => old,
            Call::Write => old.map(|old| [b"X", &old[1..]].concat()),
            Call::Append => old.map(|old| [old.as_slice(), b"X"].concat()),
            Call::Truncate | Call::SetSize | Call::Create => Ok(Vec::new()),
            Call::Unlink | Call::Rename => Err("not-found".to_owned()),
            Call::CreateDirectory => Err("is-a-directory".to_owned()),
            _ => old,
        }
    }

    fn path(&self) -> String {
        self.place.1.replace('#', &self.number.to_string())
    }

    fn moved(&self) -> String {
        format!("{}-moved-{}", self.path(), self.number)
    }

    /// The place as a path of the instance; none when it lies outside of what the guest goes from.
    fn absolute(&self) -> Option<VfsPath> {
        let inside = self.path().replace(INTO_AND_OUT, "");
        (self.place.2 != State::Outside).then(|| VfsPath::parse(&format!("{}{inside}", self.place.0)).unwrap())
    }
}

fn program(index: usize) -> String {
    format!("/probe/{index}.wasm")
}

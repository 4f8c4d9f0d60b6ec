//! The model of what all sessions share: files and runs.

use std::time::Duration;

use veracruz_policy::Principal;
use veracruz_protocol::{ComputeOptions, RunNumber};

use crate::files::{Files, Ran};
use crate::peer::Peer;
use crate::reply::Expected;

/// Runs at once. None waits for a place: when it got one would be a matter of luck.
pub(crate) const MAX_RUNS: usize = 2;

/// A run with less time than this may or may not come to its end.
const LONG: Duration = Duration::from_secs(3600);

/// A run that sleeps.
struct Run {
    who: Principal,
    number: Option<RunNumber>,
    name: String,
    /// The session that waits for it.
    peer: Option<usize>,
}

pub(crate) struct World {
    pub(crate) files: Files,
    /// From here on the outcome is a matter of luck, so there is nothing to compare.
    pub(crate) is_open: bool,
    runs: Vec<Run>,
    released: Vec<usize>,
    /// Who ended whose run since all was quiet.
    hit: Option<(usize, Option<usize>)>,
}

impl World {
    pub(crate) fn new(files: Files) -> Self {
        World { files, is_open: false, runs: Vec::new(), released: Vec::new(), hit: None }
    }

    pub(crate) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Nothing moves until more bytes come.
    pub(crate) fn is_quiet(&mut self) {
        self.hit = None;
    }

    /// Sessions whose run was ended.
    pub(crate) fn released(&self) -> Option<usize> {
        self.released.first().copied()
    }

    /// `peer` does one thing. If it ended a run of another session or of none, how soon that run is over is luck.
    pub(crate) fn turn_of(&mut self, peer: usize) {
        if self.hit.is_some_and(|(by, whose)| by == peer && whose != Some(peer)) {
            self.is_open = true;
        }
    }

    pub(crate) fn take_released(&mut self, peer: usize) -> bool {
        let found = self.released.iter().position(|released| *released == peer);
        found.map(|position| self.released.remove(position)).is_some()
    }

    /// The session is gone, its run goes on.
    pub(crate) fn orphan(&mut self, peer: usize) {
        self.runs.iter_mut().filter(|run| run.peer == Some(peer)).for_each(|run| run.peer = None);
    }

    pub(crate) fn runs_of(&self, who: &Principal) -> Vec<(Option<RunNumber>, String)> {
        let own = self.runs.iter().filter(|run| run.who == *who);
        own.map(|run| (run.number, run.name.clone())).collect()
    }

    pub(crate) fn cancel(&mut self, by: usize, who: &Principal, number: RunNumber) -> bool {
        if self.hit.is_some() {
            self.is_open = true;
        }
        let found = self.runs.iter().position(|run| run.who == *who && run.number == Some(number));
        let Some(position) = found else { return false };
        let run = self.runs.remove(position);
        self.hit = Some((by, run.peer));
        self.released.extend(run.peer);
        true
    }

    /// Runs something for `peer`. The reply, unless it goes on.
    pub(crate) fn run(
        &mut self,
        peer: &mut Peer,
        name: String,
        options: ComputeOptions,
        is_pipeline: bool,
    ) -> Option<Expected> {
        let is_taken = |run: &Run| run.number == options.run && run.who == peer.who;
        if self.runs.len() >= MAX_RUNS || (options.run.is_some() && self.runs.iter().any(is_taken)) {
            return Some(Expected::Failure);
        }
        if options.timeout.is_some_and(|timeout| timeout < LONG) {
            self.is_open = true;
        }
        let ran =
            if is_pipeline { self.files.pipeline(&peer.who, &name) } else { self.files.compute(&peer.who, &name) };
        match ran {
            Ran::Failed => Some(Expected::Failure),
            Ran::Exited(code) => Some(Expected::Exit(code)),
            Ran::Unknown => {
                self.is_open = true;
                None
            }
            Ran::Sleeps => {
                let who = peer.who.clone();
                self.runs.push(Run { who, number: options.run, name, peer: Some(peer.id) });
                peer.is_running = true;
                None
            }
        }
    }
}
